"""Where the key of a CA is kept, as `private/LABEL/key.toml` says it.

Without that file the key is `private/LABEL/key.pem`: encrypted PKCS #8.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pki.ca.dual_control import DualLock, OperatorShare
from pki.errors import PkiError
from pki.files import PRIVATE, read_private_file, write_atomically
from pki.keys.token_address import parse_token_address
from schemas.errors import ErrorCode

PLACE_FILE = "key.toml"

_DEFAULT_URI = "file:key.pem"
_KNOWN = frozenset({"uri", "passphrase_file", "module", "check", "operators"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where the key of one CA is.

    Args:
        uri: `file:NAME` or `pkcs12:NAME` beside the registry, or `pkcs11:…`.
        passphrase_file: its first line opens the key, or is the PIN of the token; None:
            whoever opens the CA says it.
        module: PKCS #11 module, where the address of a token names none.
        lock: the operators who open it together.
    """

    uri: str = _DEFAULT_URI
    passphrase_file: Path | None = None
    module: Path | None = None
    lock: DualLock | None = None

    @property
    def scheme(self) -> str:
        """How the key is kept: `file`, `pkcs12` or `pkcs11`."""
        return self.uri.partition(":")[0]

    @property
    def name(self) -> str:
        """What follows the scheme."""
        return self.uri.partition(":")[2]


def check_place(place: KeyPlace) -> KeyPlace:
    """Let pass a place a new key may have: beside the registry, or a token.

    Raises:
        PkiError: an unknown scheme, a path, or an address that is no token's.
    """
    if place.scheme == "pkcs11":
        parse_token_address(place.uri, place.module)
        return place
    plain = place.name == Path(place.name).name and not place.name.startswith(".")
    if place.scheme not in {"file", "pkcs12"} or not plain or not place.name:
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place="uri")
    if place.name in {PLACE_FILE, "registry.sqlite"}:
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place="uri")
    return place


def read_place(folder: Path) -> KeyPlace:
    """Read where a CA's key is; the default without `key.toml`.

    Raises:
        PkiError: unreadable, exposed, or an entry that is unknown or wrong.
    """
    path = folder / PLACE_FILE
    if not path.exists():
        return KeyPlace()
    try:
        return _place(tomllib.loads(read_private_file(path).decode()))
    except ValueError as error:
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place=PLACE_FILE) from error


def write_place(folder: Path, place: KeyPlace) -> None:
    """Write where a CA's key is, unless it is the default place.

    Raises:
        PkiError: the file cannot be written.
    """
    if place != KeyPlace():
        write_atomically(folder / PLACE_FILE, _written(place), mode=PRIVATE)


def _place(read: Mapping[str, object]) -> KeyPlace:
    if unknown := sorted(read.keys() - _KNOWN):
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place=unknown[0])
    passphrase, module = _text(read, "passphrase_file"), _text(read, "module")
    return KeyPlace(
        uri=_text(read, "uri") or _DEFAULT_URI,
        passphrase_file=Path(passphrase) if passphrase else None,
        module=Path(module) if module else None,
        lock=_lock(read),
    )


def _text(read: Mapping[str, object], name: str) -> str:
    value = read.get(name, "")
    if not isinstance(value, str):
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place=name)
    return value


def _lock(read: Mapping[str, object]) -> DualLock | None:
    listed = read.get("operators", [])
    if not isinstance(listed, list) or bool(listed) != ("check" in read):
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place="operators")
    if not listed:
        return None
    shares = tuple(map(_share, listed))
    return DualLock(shares, bytes.fromhex(_text(read, "check")))


def _share(read: object) -> OperatorShare:
    if not isinstance(read, dict) or read.keys() != {"name", "salt"}:
        raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place="operators")
    return OperatorShare(_text(read, "name"), bytes.fromhex(_text(read, "salt")))


def _written(place: KeyPlace) -> bytes:
    lines = [f"uri = {_quoted(place.uri)}"]
    if place.passphrase_file:
        lines.append(f"passphrase_file = {_quoted(str(place.passphrase_file))}")
    if place.module:
        lines.append(f"module = {_quoted(str(place.module))}")
    if place.lock:
        lines.append(f'check = "{place.lock.check.hex()}"')
        for share in place.lock.shares:
            named = f'name = {_quoted(share.name)}\nsalt = "{share.salt.hex()}"'
            lines.append(f"\n[[operators]]\n{named}")
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    """Write a TOML basic string; JSON writes the same for what is printable."""
    return json.dumps(text, ensure_ascii=False)
