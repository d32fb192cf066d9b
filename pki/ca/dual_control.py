"""A secret that takes several people: none of them alone can open what it locks.

Each operator's passphrase goes through scrypt (RFC 7914) with a salt of its own; the
results, in the order of the operators' names, go through HKDF (RFC 5869). What comes
out encrypts a CA's key. Salts and a check value lie beside the key and are no secret.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hmac import compare_digest
from itertools import permutations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pki.errors import PkiError
from schemas.errors import ErrorCode

FEWEST_OPERATORS = 2
MOST_OPERATORS = 5
SHORTEST_PASSPHRASE = 12
"""In octets; the scripts that make keys refuse less."""

_SALT_OCTETS = 16
_OCTETS = 32
_COST = 1 << 15  # 32 MiB and a tenth of a second for each guess
_BLOCK_SIZE = 8
_LOCK = b"lienthong ca key lock 1\n"
_CHECK = b"lienthong ca key check 1\n"


@dataclass(frozen=True, slots=True)
class OperatorShare:
    """One operator's part, as it is kept beside the key.

    Args:
        name: who; the names of a lock differ.
        salt: makes equal passphrases of other locks unequal.
    """

    name: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class DualLock:
    """What is kept beside a key that several people lock.

    Args:
        shares: whose passphrases it takes, all of them.
        check: tells the right passphrases from wrong ones.
    """

    shares: tuple[OperatorShare, ...]
    check: bytes


def make_lock(passphrases: Mapping[str, bytes]) -> tuple[DualLock, bytes]:
    """Make a lock and the secret that opens it.

    Args:
        passphrases: by name of the operator.

    Raises:
        PkiError: too few or too many, a short one, or two that are the same
            (OPERATORS_NOT_DISTINCT).
    """
    if not FEWEST_OPERATORS <= len(passphrases) <= MOST_OPERATORS:
        raise PkiError(ErrorCode.OPERATORS_NOT_DISTINCT, place="operators")
    values = passphrases.values()
    if len(set(values)) < len(values) or min(map(len, values)) < SHORTEST_PASSPHRASE:
        raise PkiError(ErrorCode.OPERATORS_NOT_DISTINCT, place="passphrase")
    names = sorted(passphrases)
    shares = tuple(
        OperatorShare(one, secrets.token_bytes(_SALT_OCTETS)) for one in names
    )
    parts = [_part(share, passphrases[share.name]) for share in shares]
    return DualLock(shares, _joined(shares, parts, _CHECK)), _secret(shares, parts)


def open_lock(lock: DualLock, passphrases: Sequence[bytes]) -> bytes:
    """Return the secret; whose passphrase is whose need not be said.

    Raises:
        PkiError: one is missing, too many or wrong (OPERATOR_SECRETS_WRONG).
    """
    return _secret(_ordered(lock), _assigned(lock, passphrases)[1])


def name_operators(lock: DualLock, passphrases: Sequence[bytes]) -> dict[str, bytes]:
    """Tell whose passphrase is whose.

    Raises:
        PkiError: one is missing, too many or wrong (OPERATOR_SECRETS_WRONG).
    """
    names = (share.name for share in _ordered(lock))
    return dict(zip(names, _assigned(lock, passphrases)[0], strict=True))


def _assigned(
    lock: DualLock, passphrases: Sequence[bytes]
) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Return the passphrases in the order of the names, and their parts.

    Every order is tried: a check value for each operator would let each passphrase be
    guessed on its own.
    """
    shares, part = _ordered(lock), cache(_part)
    if len(passphrases) == len(shares):
        for order in permutations(passphrases):
            parts = list(map(part, shares, order))
            if compare_digest(_joined(shares, parts, _CHECK), lock.check):
                return order, parts
    raise PkiError(ErrorCode.OPERATOR_SECRETS_WRONG, place="operators")


def _ordered(lock: DualLock) -> tuple[OperatorShare, ...]:
    return tuple(sorted(lock.shares, key=lambda one: one.name))


def _part(share: OperatorShare, passphrase: bytes) -> bytes:
    function = Scrypt(share.salt, _OCTETS, n=_COST, r=_BLOCK_SIZE, p=1)
    return function.derive(passphrase)


def _secret(shares: Sequence[OperatorShare], parts: Sequence[bytes]) -> bytes:
    """Return the secret as text, since PKCS #8 and PKCS #12 take passphrases."""
    return _joined(shares, parts, _LOCK).hex().encode()


def _joined(
    shares: Sequence[OperatorShare], parts: Sequence[bytes], purpose: bytes
) -> bytes:
    names = "\n".join(share.name for share in shares).encode()
    function = HKDF(SHA256(), _OCTETS, salt=None, info=purpose + names)
    return function.derive(b"".join(parts))
