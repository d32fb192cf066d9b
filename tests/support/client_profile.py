"""What a client of a scripted hub has on disk, and the command line beside it."""

import asyncio
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)

from tests.support.cli import Said, lienthong, passphrase
from tests.support.pki import HeldKey, TestPki
from tests.support.scripted_hub import ScriptedHub

SYSTEM = "qlvb-h99-151"
PROFILE = """
agency = "H99.151"
system = "{system}"
hub = "{hub}"
authority = "authority.pem"
certificate = "client.pem"
key = "client.key"
signer = "pkcs12:signer.p12"
passphrase_file = "passphrase"
trust = ["authority.pem"]
intermediates = ["issuing.pem"]
revocation = ["root.crl", "issuing.crl"]
"""


def write_profile(folder: Path, pki: TestPki, hub: ScriptedHub) -> Path:
    """Write all a client needs to believe the hub of `pki`."""
    secret = passphrase(folder).read_bytes().strip()
    signer = pki.system(SYSTEM)
    key = signer.key
    if not isinstance(key, HeldKey):
        raise TypeError
    packed = pkcs12.serialize_key_and_certificates(
        None,
        key.private,
        signer.certificate,
        signer.chain,
        BestAvailableEncryption(secret),
    )
    path = folder / "signer.p12"
    path.touch(mode=0o600)
    path.write_bytes(packed)
    issuing = pki.issuing.credential.certificate.public_bytes(Encoding.PEM)
    (folder / "issuing.pem").write_bytes(issuing)
    for name, crl in zip(("root", "issuing"), pki.crls(), strict=True):
        (folder / f"{name}.crl").write_bytes(crl)
    profile = folder / "client.toml"
    profile.write_text(PROFILE.format(system=SYSTEM, hub=hub.address.url))
    return profile


async def call(*words: str | Path) -> Said:
    """Call the command line beside the hub's own loop."""
    return await asyncio.to_thread(lienthong, *words)
