"""The second factor: codes by time (RFC 6238), their secrets sealed at rest."""

import hmac
import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from exchange.domain.accounts import TOTP_SECONDS, AccountId
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

_SECRET_BYTES = 20
_NONCE_BYTES = 12
_DIGITS = 6
_SLACK_STEPS = 1
"""RFC 6238 section 5.2: at most one step for a clock that is off."""

_ISSUER = "Liên thông"


class Sealer:
    """Seals secrets of accounts; each opens for its own account alone.

    Args:
        key_material: content of the key file, at least 32 octets of chance.
    """

    def __init__(self, key_material: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"lienthong second factor")
        self._cipher = AESGCM(key.derive(key_material))

    def seal(self, secret: bytes, account_id: AccountId) -> bytes:
        """Return a secret sealed for an account."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, account_id.encode())

    def open(self, sealed: bytes, account_id: AccountId) -> bytes:
        """Return the secret of an account.

        Raises:
            ExchangeError: it was sealed by another key or for another account
                (SECOND_FACTOR_UNREADABLE).
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, account_id.encode())
        except (InvalidTag, ValueError) as error:
            raise ExchangeError(
                ErrorCode.SECOND_FACTOR_UNREADABLE, place=account_id
            ) from error


def new_secret() -> bytes:
    """Return a new secret."""
    return secrets.token_bytes(_SECRET_BYTES)


def address_of(secret: bytes, account_id: AccountId) -> str:
    """Return what an authenticator application scans (otpauth)."""
    return _totp(secret).get_provisioning_uri(account_id, _ISSUER)


def step_of(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step a code is of, if it counts now.

    Args:
        secret: of the account.
        code: as the person typed it.
        now: the time.
        after: the last step taken; a code counts once.
    """
    current = int(now.timestamp()) // TOTP_SECONDS
    found = None
    for step in range(current - _SLACK_STEPS, current + _SLACK_STEPS + 1):
        right = _totp(secret).generate(step * TOTP_SECONDS)
        if hmac.compare_digest(right, code.encode()) and step > after:
            found = step
    return found


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what authenticator applications know (RFC 6238 section 1.2).
    return TOTP(secret, _DIGITS, SHA1(), TOTP_SECONDS)  # noqa: S303 - as an HMAC
