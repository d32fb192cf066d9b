"""The client of somebody with a key, as a program of its own."""

from dataclasses import dataclass
from pathlib import Path

from exchange.demo.site import KeyFile
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from tests.support.browser_keys import PASSPHRASE, write_pkcs12
from tests.support.cli import Said, program
from tests.support.hub import Hub, write_credential


@dataclass(frozen=True, slots=True)
class Client:
    """A computer with a key and the way to a hub.

    Args:
        profile: of the agency's system.
        key: of a person, or of the agency.
        image: what is drawn on the document, PNG; None for nothing.
    """

    profile: Path
    key: KeyFile
    image: Path | None = None

    def sign(self, code: str, *, out: Path) -> Said:
        """Sign what a page of the console named by a code."""
        drawn = ("--image", self.image) if self.image else ()
        return program(
            *("sign", "--remote", self.profile, "--code", code.strip(), *drawn),
            *("--key", self.key.path, "--passphrase-file", self.key.passphrase),
            *("--out", out),
        )


def client_profile(folder: Path, hub: Hub) -> Path:
    """Write how the commune's client reaches a hub."""
    write_atomically(folder / "system.pass", PASSPHRASE, mode=PRIVATE)
    both = write_credential(folder, hub.world.commune)
    write_atomically(folder / "system.key", both.read_bytes(), mode=PRIVATE)
    profile = folder / "client.toml"
    profile.write_text(
        'agency = "H99.151"\nsystem = "qlvb-h99-151"\n'
        f'hub = "{hub.url}"\nauthority = "root.pem"\n'
        f'certificate = "{both.name}"\nkey = "system.key"\n'
        'signer = "pkcs12:none.p12"\npassphrase_file = "system.pass"\n'
        "trust = []\nintermediates = []\nrevocation = []\n"
    )
    return profile


def write_key(folder: Path, name: str, credential: Credential) -> KeyFile:
    """Write a key and the file with its passphrase."""
    key = KeyFile(folder / f"{name}.p12", folder / f"{name}.pass")
    write_pkcs12(key.path, credential)
    write_atomically(key.passphrase, PASSPHRASE, mode=PRIVATE)
    return key
