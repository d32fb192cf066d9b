"""Our signature beside those of other programs, on one form in the same run.

Each program is started per document, as its users do; ours runs in this process, as in
a service or a batch. What starting `openssl` alone costs is told beside.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from pki.keys.api import Credential
from tests.bench.test_bench_pades import PKI, best_seconds, report
from tests.support.judges import require
from tests.support.pki import HeldKey
from tests.support.signed_pdf import FORM, sign

pytestmark = pytest.mark.bench

ROUNDS = 10
FIELD_OF_FORM = "6"
PASSPHRASE = "for a measurement"


def files_of(credential: Credential, folder: Path) -> tuple[Path, Path]:
    """Write the key as these programs want it: PEM, and PKCS #12."""
    assert isinstance(credential.key, HeldKey)
    private, certificate = credential.key.private, credential.certificate
    pem, packed = folder / "key.pem", folder / "key.pfx"
    pem.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    packed.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"key",
            private,
            certificate,
            None,
            BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return pem, packed


def ran(words: Sequence[str | Path]) -> None:
    subprocess.run([str(one) for one in words], check=True, capture_output=True)


def test_peers_sign_the_same_form(tmp_path: Path) -> None:
    credential = PKI.issuing.issue("Peer", key=rsa.generate_private_key(65537, 3072))
    pem, packed = files_of(credential, tmp_path)
    source, openssl, mutool = FORM.read_bytes(), require("openssl"), require("mutool")
    by_mutool = tmp_path / "mutool.pdf"
    cms = (
        *(openssl, "cms", "-sign", "-cades", "-binary", "-in", FORM),
        *("-signer", pem, "-inkey", pem, "-outform", "DER", "-out", tmp_path / "cms"),
    )
    pdf = (
        *(mutool, "sign", "-s", packed, "-P", PASSPHRASE, "-o", by_mutool),
        *(FORM, FIELD_OF_FORM),
    )
    own, by_openssl, started, theirs = best_seconds(
        lambda: sign(source, credential),
        lambda: ran(cms),
        lambda: ran((openssl, "version")),
        lambda: ran(pdf),
        rounds=ROUNDS,
    )
    report(
        bench="pades-peers",
        key="RSA-3072",
        own_ms=round(own * 1e3, 2),
        own_octets=len(sign(source, credential)) - len(source),
        openssl_cms_ms=round(by_openssl * 1e3, 2),
        openssl_start_ms=round(started * 1e3, 2),
        mutool_ms=round(theirs * 1e3, 2),
        mutool_octets=by_mutool.stat().st_size - len(source),
    )
    assert own < theirs
