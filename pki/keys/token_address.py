"""Which key of which token: `pkcs11:` URIs, a strict subset of RFC 7512.

    pkcs11:token=Hub;object=receipts?module-path=/usr/lib/softhsm/libsofthsm2.so

A PIN in the address is refused: addresses end up in logs and process lists.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from pki.errors import PkiError
from schemas.errors import ErrorCode

_SCHEME = "pkcs11:"
_IN_PATH = frozenset({"token", "serial", "object", "id", "type"})
_IN_QUERY = frozenset({"module-path"})
# RFC 7512 clause 2.3: what may stand for itself, and whole percent escapes.
_VALUE = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=&/|]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAddress:
    """Where one private key is.

    Args:
        module: the library that speaks to the token.
        token: label of the token.
        serial: serial number of the token; empty if any will do.
        label: label of the key; empty if the id names it.
        key_id: id of the key; empty if the label names it.
    """

    module: Path
    token: str
    serial: str = ""
    label: str = ""
    key_id: bytes = b""

    @property
    def place(self) -> str:
        """What people are told: token and key, never the PIN."""
        return f"{self.token}/{self.label or self.key_id.hex()}"


def parse_token_address(uri: str, module: Path | None = None) -> TokenAddress:
    """Read a `pkcs11:` URI; `module` serves where the URI names none.

    Raises:
        PkiError: CONFIGURATION_INVALID; the place names the part at fault.
    """
    if not uri.startswith(_SCHEME):
        raise _refusal("pkcs11:")
    path, _, query = uri.removeprefix(_SCHEME).partition("?")
    named = _attributes(path, ";", _IN_PATH)
    asked = _attributes(query, "&", _IN_QUERY)
    if named.get("type", "private") != "private":
        raise _refusal("type")
    if "token" not in named:
        raise _refusal("token")
    if not named.keys() & {"object", "id"}:
        raise _refusal("object")
    return TokenAddress(
        module=_module(asked, module),
        token=_text(named, "token"),
        serial=_text(named, "serial"),
        label=_text(named, "object"),
        key_id=unquote_to_bytes(named.get("id", "")),
    )


def _attributes(part: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in part.split(separator) if part else ():
        name, _, value = one.partition("=")
        if name not in known or name in found or not value:
            # Only a name is told: what follows it may be a PIN.
            raise _refusal(name)
        if not _VALUE.fullmatch(value):
            raise _refusal(name)
        found[name] = value
    return found


def _text(named: dict[str, str], name: str) -> str:
    try:
        return unquote(named.get(name, ""), errors="strict")
    except UnicodeDecodeError as error:
        raise _refusal(name) from error


def _module(asked: dict[str, str], configured: Path | None) -> Path:
    path = Path(_text(asked, "module-path")) if asked else configured
    # An absolute path, so that the search path of the loader never decides.
    if path is None or not path.is_absolute():
        raise _refusal("module-path")
    return path


def _refusal(name: str) -> PkiError:
    return PkiError(ErrorCode.CONFIGURATION_INVALID, place=f"pkcs11: {name}")
