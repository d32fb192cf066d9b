"""Reading a validation policy: strict, and refused by the name of the key at fault."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography.x509 import ObjectIdentifier

from pki.algorithms import CURVES, HASHES, RSA_BITS_ACCEPTED, RSA_BITS_LIMIT
from pki.errors import PkiError
from pki.path.policy_graph import PolicyInputs
from pki.policy.rules import (
    SIGNING_USAGES,
    AlgorithmEnds,
    AlgorithmRules,
    AnchorPolicy,
    Legacy,
    Level,
    NamedAnchor,
    ValidationPolicy,
)
from pki.purposes import KeyPurpose
from schemas.errors import ErrorCode

POLICY_BYTES = 64 * 1024
"""Largest file read."""

_DEFAULT = Path(__file__).with_name("default.toml")
_MOST_HOURS = 24 * 366
_MOST_ITEMS = 256
_TEXT = 100
_LONGEST_PLACE = 100
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RSA_END = re.compile(r"rsa-([0-9]{4})")
_RULES = frozenset(
    {
        *("purposes", "key_usage", "extended_key_usage", "certificate_policies"),
        *("rsa_bits", "curves", "digests", "ends"),
        *("revocation_hours", "level", "legacy"),
    }
)
_TOP = frozenset({"name", "version", "rules", "anchor"})
_ANCHOR = _RULES | {"name", "sha256"}

_Enum = TypeVar("_Enum", bound=StrEnum)
_Value = TypeVar("_Value")
Table = Mapping[str, object]


def load_policy(path: Path) -> ValidationPolicy:
    """Read the policy in a file.

    Raises:
        PkiError: unreadable (FILE_UNREADABLE), or no policy (POLICY_INVALID, with the
            key at fault).
    """
    try:
        with path.open("rb") as file:
            source = file.read(POLICY_BYTES + 1)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    return read_policy(source)


@cache
def default_policy() -> ValidationPolicy:
    """Return the policy that holds unless another is named."""
    return load_policy(_DEFAULT)


@lru_cache(maxsize=16)
def read_policy(source: bytes) -> ValidationPolicy:
    """Read a policy; the same bytes are read once.

    Raises:
        PkiError: POLICY_INVALID, with the key at fault.
    """
    whole = _parsed(source)
    _require_known(whole, _TOP, "")
    rules = whole.get("rules")
    if rules is not None:
        _require_known(_table(rules, "rules"), _RULES, "rules")
    anchors = tuple(_anchors(whole.get("anchor", [])))
    if rules is None and not anchors:
        raise _invalid("rules")
    return ValidationPolicy(
        name=_text(whole, "name", ""),
        version=_text(whole, "version", ""),
        sha256=sha256(source).hexdigest(),
        source=source,
        rules=None if rules is None else _anchor_policy(_table(rules, ""), "rules"),
        anchors=anchors,
    )


def _parsed(source: bytes) -> Table:
    if len(source) > POLICY_BYTES:
        raise _invalid("file")
    try:
        return tomllib.loads(source.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid("file") from error


def _invalid(place: str) -> PkiError:
    return PkiError(ErrorCode.POLICY_INVALID, place=place[:_LONGEST_PLACE])


def _table(value: object, place: str) -> Table:
    if not isinstance(value, dict):
        raise _invalid(place)
    return value


def _require_known(table: Table, known: Iterable[str], place: str) -> None:
    for key in table:
        if key not in known:
            raise _invalid(f"{place}.{key}" if place else key)


def _anchors(value: object) -> Iterable[NamedAnchor]:
    if not isinstance(value, list):
        raise _invalid("anchor")
    seen: set[str] = set()
    for number, one in enumerate(value):
        place = f"anchor[{number}]"
        table = _table(one, place)
        _require_known(table, _ANCHOR, place)
        roots = frozenset(_texts(table, "sha256", place))
        wrong = [root for root in roots if not _DIGEST.fullmatch(root)]
        if not roots or wrong or roots & seen:
            raise _invalid(f"{place}.sha256")
        seen |= roots
        yield NamedAnchor(
            name=_text(table, "name", place),
            roots=roots,
            policy=_anchor_policy(table, place),
        )


def _anchor_policy(table: Table, place: str) -> AnchorPolicy:
    purposes = _chosen(table, "purposes", place, frozenset(KeyPurpose))
    policies = _identifiers(table, "certificate_policies", place)
    return AnchorPolicy(
        purposes=frozenset(map(KeyPurpose, purposes)),
        policies=PolicyInputs(
            acceptable=policies, explicit_required=policies is not None
        ),
        key_usage=_chosen(table, "key_usage", place, SIGNING_USAGES),
        extended_key_usage=_identifiers(table, "extended_key_usage", place),
        algorithms=_algorithms(table, place),
        revocation_age=_age(table, place),
        level=_word(table, "level", place, Level.B_B),
        legacy=_word(table, "legacy", place, Legacy.WEAK),
    )


def _algorithms(table: Table, place: str) -> AlgorithmRules:
    default = AlgorithmRules()
    bits = _whole(table, "rsa_bits", place, (RSA_BITS_ACCEPTED, RSA_BITS_LIMIT))
    digests = _chosen(table, "digests", place, HASHES)
    shortest = default.rsa_bits if bits is None else bits
    return AlgorithmRules(
        rsa_bits=shortest,
        curves=_chosen(table, "curves", place, CURVES),
        digests=digests,
        ends=_ends(table, place, shortest, digests),
    )


def _ends(
    table: Table, place: str, rsa_bits: int, digests: frozenset[str]
) -> AlgorithmEnds:
    """Read since when algorithms do not count; what never counts has no end.

    A policy without this table has the usual ends.
    """
    place = f"{place}.ends"
    if "ends" not in table:
        return AlgorithmEnds.usual(rsa_bits)
    rsa_below: list[tuple[int, datetime]] = []
    over: list[tuple[str, datetime]] = []
    for key, value in _table(table["ends"], place).items():
        moment = _day(value, f"{place}.{key}")
        named = _RSA_END.fullmatch(key)
        if named and rsa_bits < int(named[1]) <= RSA_BITS_LIMIT:
            rsa_below.append((int(named[1]), moment))
        elif key in digests:
            over.append((key, moment))
        else:
            raise _invalid(f"{place}.{key}")
    return AlgorithmEnds(rsa_below=tuple(rsa_below), digests=tuple(over))


def _day(value: object, place: str) -> datetime:
    """Read a day; an end holds from its first moment, in UTC."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _invalid(place)
    return datetime.combine(value, time(tzinfo=UTC))


def _age(table: Table, place: str) -> timedelta | None:
    hours = _whole(table, "revocation_hours", place, (1, _MOST_HOURS))
    return None if hours is None else timedelta(hours=hours)


def _whole(table: Table, key: str, place: str, within: tuple[int, int]) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    least, most = within
    if type(value) is not int or not least <= value <= most:
        raise _invalid(f"{place}.{key}")
    return value


def _word(table: Table, key: str, place: str, default: _Enum) -> _Enum:
    value = table.get(key, str(default))
    try:
        return type(default)(str(value))
    except ValueError as error:
        raise _invalid(f"{place}.{key}") from error


def _chosen(
    table: Table, key: str, place: str, allowed: frozenset[str]
) -> frozenset[str]:
    """Return some of what is allowed; what is not, and a list of none, is refused."""
    if key not in table:
        return frozenset(map(str, allowed))
    chosen = _texts(table, key, place)
    for one in chosen:
        if one not in allowed:
            raise _invalid(f"{place}.{key}: {one}")
    if not chosen:
        raise _invalid(f"{place}.{key}")
    return frozenset(chosen)


def _identifiers(
    table: Table, key: str, place: str
) -> frozenset[ObjectIdentifier] | None:
    if key not in table:
        return None
    texts = _texts(table, key, place)
    if not texts:
        raise _invalid(f"{place}.{key}")
    return frozenset(_each(texts, ObjectIdentifier, f"{place}.{key}"))


def _each(
    texts: Iterable[str], read: Callable[[str], _Value], place: str
) -> Iterable[_Value]:
    for one in texts:
        try:
            yield read(one)
        except ValueError as error:
            raise _invalid(f"{place}: {one}") from error


def _texts(table: Table, key: str, place: str) -> tuple[str, ...]:
    value = table.get(key)
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        raise _invalid(f"{place}.{key}")
    texts = tuple(one for one in value if isinstance(one, str) and len(one) <= _TEXT)
    if len(texts) < len(value) or len(set(texts)) < len(texts):
        raise _invalid(f"{place}.{key}")
    return texts


def _text(table: Table, key: str, place: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT:
        raise _invalid(f"{place}.{key}" if place else key)
    if not value.isprintable():
        raise _invalid(f"{place}.{key}" if place else key)
    return value
