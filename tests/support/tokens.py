"""A software token, made at run time in a folder of its own."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from pkcs11 import Attribute, CertificateType, KeyType, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

from pki.files import PRIVATE, write_atomically
from pki.keys import token_session
from pki.keys.software import SoftwareKey, save_pkcs8
from pki.keys.token_address import TokenAddress
from tests.support.judges import require

PIN = "20261121"
TOKEN_LABELS = (
    "Keys",
    "Sessions",
    "Second",
    "Pins",
    "Corrected",
    "Authorities",
    "Desk",
    "Twin",
    "Twin",
)
"""Of the tokens that all tests of a process share."""

_OFFICER_PIN = "87654321"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def module_path() -> Path:
    """Find the module of SoftHSM, which its package does not put on any path."""
    require("softhsm2-util")
    found = [Path(one) for one in _MODULES if Path(one).exists()]
    if not found:
        pytest.fail("softhsm2-util is here, but its module is at no known place")
    return found[0]


@dataclass(frozen=True, slots=True)
class TokenFolder:
    """A folder with tokens, told to the module by the environment."""

    directory: Path
    module: Path

    @classmethod
    def create(cls, directory: Path, labels: Sequence[str]) -> "TokenFolder":
        """Make a folder with these tokens; later ones the module would not see."""
        module = module_path()
        (directory / "tokens").mkdir()
        settings = directory / "softhsm2.conf"
        settings.write_text(
            f"directories.tokendir = {directory}/tokens\nlog.level = ERROR\n"
        )
        os.environ["SOFTHSM2_CONF"] = str(settings)
        folder = cls(directory, module)
        for label in labels:
            folder._add_token(label)
        return folder

    def _add_token(self, label: str) -> None:
        self._run("--init-token", "--free", "--label", label, "--so-pin", _OFFICER_PIN)

    def add_key(
        self, label: str, name: str, key: SoftwareKey, key_id: bytes = b"\x01"
    ) -> TokenAddress:
        """Put a key made here into a token."""
        path = self.directory / "import.pem"
        write_atomically(path, save_pkcs8(key, None), mode=PRIVATE)
        stored = ("--token", label, "--label", name, "--id", key_id.hex())
        self._run("--import", str(path), *stored)
        path.unlink()
        return self.address(label, name)

    def add_certificate(
        self, label: str, certificate: Certificate, key_id: bytes = b"\x01"
    ) -> None:
        """Put a certificate beside a key."""
        session = self._session(label)
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.ID: key_id,
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }
        )
        session.close()

    def add_guarded_key(self, label: str, name: str) -> TokenAddress:
        """Make a key in a token that wants the PIN before every signature."""
        session = self._session(label)
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
        guarded = {Attribute.ALWAYS_AUTHENTICATE: True}
        domain.generate_keypair(
            store=True, label=name, id=b"\x61", private_template=guarded
        )
        session.close()
        return self.address(label, name)

    def address(self, label: str, name: str) -> TokenAddress:
        """Say where a key is."""
        return TokenAddress(module=self.module, token=label, label=name)

    def reload(self) -> None:
        """Start the module again: every session is lost, and what is known of them."""
        token_session._SESSIONS.clear()
        pkcs11.lib(str(self.module)).reinitialize()

    def _session(self, label: str) -> pkcs11.Session:
        self.reload()
        token = pkcs11.lib(str(self.module)).get_token(token_label=label)
        return token.open(rw=True, user_pin=PIN)

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [require("softhsm2-util"), *arguments, "--pin", PIN],
            check=True,
            capture_output=True,
            timeout=120,
        )
