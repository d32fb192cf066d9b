"""The script of a ceremony: what will be made, decided beforehand and read strictly."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pki.ca.dual_control import FEWEST_OPERATORS, MOST_OPERATORS
from pki.ca.founding import CaKeySettings, HierarchySettings
from pki.ca.key_place import KeyPlace
from pki.ca.labels import CA_KINDS
from pki.ca.limits import PermittedHosts
from pki.errors import PkiError
from pki.keys.software import KeyKind
from pki.kinds import CertificateKind
from schemas.errors import ErrorCode

LARGEST_SCRIPT = 64 * 1024

_KNOWN = frozenset(
    {"name", "demo", "public_url", "operators", "root_folder", "hosts", "keys"}
)
_KNOWN_HOSTS = frozenset({"dns", "networks"})
_KNOWN_KEY = frozenset({"kind", "uri", "module", "passphrase_file"})
_LONGEST_NAME = 64
_HSM_SCHEME = "pkcs11:"


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyScript:
    """What a ceremony makes.

    Args:
        settings: of the hierarchy, without any secret.
        operators: who holds it, by name; two or more.
        root_folder: where the root's private folder goes; None: it stays.
        digest: SHA-256 of the script, lower hex.
    """

    settings: HierarchySettings
    operators: tuple[str, ...]
    root_folder: Path | None
    digest: str


def read_script(data: bytes, base: Path) -> CeremonyScript:
    """Read a script.

    The operators open every key that has no passphrase file and is in no token; the
    root's always, unless a token holds it.

    Args:
        data: TOML.
        base: folder from which relative paths count.

    Raises:
        PkiError: an entry is missing, unknown or wrong (CEREMONY_SCRIPT_INVALID); the
            place names it.
    """
    if len(data) > LARGEST_SCRIPT:
        raise _refusal("size")
    try:
        read = tomllib.loads(data.decode())
    except ValueError as error:
        raise _refusal("TOML") from error
    _require_known(read, _KNOWN, "")
    folder = _text(read, "root_folder")
    return CeremonyScript(
        settings=HierarchySettings(
            name=_text(read, "name", required=True),
            demo=_flag(read, "demo"),
            public_url=_text(read, "public_url"),
            hosts=_hosts(_table(read, "hosts")),
            keys=_keys(_table(read, "keys"), base),
        ),
        operators=_operators(read),
        root_folder=base / folder if folder else None,
        digest=sha256(data).hexdigest(),
    )


def _operators(read: Mapping[str, object]) -> tuple[str, ...]:
    names = _texts(read, "operators")
    enough = FEWEST_OPERATORS <= len(names) <= MOST_OPERATORS
    if not enough or len(set(names)) < len(names):
        raise _refusal("operators")
    if any(not one.isprintable() or not 0 < len(one) <= _LONGEST_NAME for one in names):
        raise _refusal("operators")
    return tuple(names)


def _hosts(read: Mapping[str, object]) -> PermittedHosts:
    _require_known(read, _KNOWN_HOSTS, "hosts.")
    dns, networks = (_texts(read, name) for name in ("dns", "networks"))
    return PermittedHosts(dns=tuple(dns), networks=tuple(networks))


def _keys(
    read: Mapping[str, object], base: Path
) -> dict[CertificateKind, CaKeySettings]:
    _require_known(read, frozenset(CA_KINDS), "keys.")
    return {kind: _key(kind, _table(read, kind), base) for kind in CA_KINDS}


def _key(
    kind: CertificateKind, read: Mapping[str, object], base: Path
) -> CaKeySettings:
    _require_known(read, _KNOWN_KEY, f"keys.{kind}.")
    uri = _text(read, "uri") or KeyPlace().uri
    passphrase, module = _text(read, "passphrase_file"), _text(read, "module")
    in_token = uri.startswith(_HSM_SCHEME)
    if in_token and not passphrase:
        raise _refusal(f"keys.{kind}.passphrase_file")
    if kind is CertificateKind.ROOT and passphrase and not in_token:
        # One passphrase file would put the root into one hand.
        raise _refusal(f"keys.{kind}.passphrase_file")
    return CaKeySettings(
        kind=_kind(read, f"keys.{kind}.kind"),
        place=KeyPlace(
            uri=uri,
            passphrase_file=base / passphrase if passphrase else None,
            module=Path(module) if module else None,
        ),
        by_operators=not passphrase,
    )


def _kind(read: Mapping[str, object], place: str) -> KeyKind:
    try:
        return KeyKind(_text(read, "kind") or KeyKind.P384)
    except ValueError as error:
        raise _refusal(place) from error


def _require_known(
    read: Mapping[str, object], known: frozenset[str], prefix: str
) -> None:
    if unknown := sorted(read.keys() - known):
        raise _refusal(f"{prefix}{unknown[0]}")


def _table(read: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = read.get(name, {})
    if not isinstance(value, dict):
        raise _refusal(name)
    return value


def _text(read: Mapping[str, object], name: str, *, required: bool = False) -> str:
    value = read.get(name, "")
    if not isinstance(value, str) or (required and not value):
        raise _refusal(name)
    return value


def _texts(read: Mapping[str, object], name: str) -> Sequence[str]:
    value = read.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _refusal(name)
    return value


def _flag(read: Mapping[str, object], name: str) -> bool:
    value = read.get(name, False)
    if not isinstance(value, bool):
        raise _refusal(name)
    return value


def _refusal(place: str) -> PkiError:
    return PkiError(ErrorCode.CEREMONY_SCRIPT_INVALID, place=place)
