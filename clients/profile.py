"""How one system reaches its hub, from a small TOML file.

::

    agency = "H99.151"
    system = "qlvb-suoimay"
    hub = "https://127.0.0.1:8443"
    authority = "keys/authority.pem"        # vouches for the hub's TLS certificate
    certificate = "keys/qlvb-suoimay.pem"   # what this system shows the hub
    key = "keys/qlvb-suoimay.key"
    signer = "pkcs12:keys/qlvb-suoimay.p12" # signs envelopes and receipts
    passphrase_file = "keys/qlvb-suoimay.passphrase"
    trust = ["root.pem"]
    intermediates = ["pki/issuing-systems.pem"]
    revocation = ["pki"]

Paths are relative to the file. An unknown key is refused.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.addresses import https_address
from clients.errors import ClientError
from clients.transport import HubAddress
from pki.keys.api import Credential
from pki.keys.loader import load_credential, rebased
from pki.trust import TrustMaterial, load_material
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId, SystemId, parse_organ_id, parse_system_id

_TEXTS = (
    "agency",
    "system",
    "hub",
    "authority",
    "certificate",
    "key",
    "signer",
    "passphrase_file",
)
_LISTS = ("trust", "intermediates", "revocation")
_NUL = "\0"
"""No file has it in its name, and asking for one that has fails in many ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProfile:
    """One system's connection.

    Args:
        agency: for whom it speaks unless told otherwise.
        system: its id at the hub.
        address: where the hub is.
        signer: URI of the key that signs.
        passphrase_file: opens that key.
        trust: root certificates by which receipts are judged.
        intermediates: issuing certificates.
        revocation: revocation lists, files or folders.
    """

    agency: OrganId
    system: SystemId
    address: HubAddress
    signer: str
    passphrase_file: Path
    trust: tuple[Path, ...]
    intermediates: tuple[Path, ...]
    revocation: tuple[Path, ...]

    def credential(self) -> Credential:
        """Load the signing key.

        Raises:
            PkiError: unreadable, exposed, or a wrong passphrase.
        """
        return load_credential(self.signer, passphrase_file=self.passphrase_file)

    def material(self) -> TrustMaterial:
        """Load what receipts are judged by.

        Raises:
            PkiError: a file is unreadable.
        """
        return load_material(self.trust, self.intermediates, self.revocation)


def load_profile(path: Path) -> ClientProfile:
    """Read a profile.

    Raises:
        ClientError: unreadable, an unknown or missing key, a malformed value
            (CONFIGURATION_INVALID, the key is named).
    """
    values = _read(path)
    for key in values:
        if key not in {*_TEXTS, *_LISTS}:
            raise _invalid(key)
    texts = {key: _text(values, key) for key in _TEXTS}
    lists = {key: _paths(values, key, path.parent) for key in _LISTS}
    files = {
        key: path.parent / texts[key]
        for key in ("authority", "certificate", "key", "passphrase_file")
    }
    try:
        agency, system = (
            parse_organ_id(texts["agency"]),
            parse_system_id(texts["system"]),
        )
    except CodedError as error:
        raise _invalid(error.place) from error
    return ClientProfile(
        agency=agency,
        system=system,
        address=HubAddress(
            url=_hub(texts["hub"]),
            authority=files["authority"],
            certificate=files["certificate"],
            key=files["key"],
        ),
        signer=rebased(texts["signer"], path.parent),
        passphrase_file=files["passphrase_file"],
        **lists,
    )


def _hub(text: str) -> str:
    if https_address(text) is None:
        raise _invalid("hub")
    return text


def _invalid(key: str) -> ClientError:
    return ClientError(ErrorCode.CONFIGURATION_INVALID, place=key)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _invalid(path.name) from error


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value or _NUL in value:
        raise _invalid(key)
    return value


def _paths(values: Mapping[str, Any], key: str, base: Path) -> tuple[Path, ...]:
    names = values.get(key)
    if not isinstance(names, list):
        raise _invalid(key)
    if not all(isinstance(one, str) and _NUL not in one for one in names):
        raise _invalid(key)
    return tuple(base / one for one in names)
