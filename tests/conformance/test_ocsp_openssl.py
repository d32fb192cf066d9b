"""OpenSSL asks our responder and believes its answers, for the right reasons."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.status import read_published_status
from pki.keys.software import KeyKind, SoftwareKey, generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.ocsp.responder import AnsweringCa, OcspPolicy, OcspResponder
from schemas.identifiers import OrganId
from tests.support.judges import run
from tests.support.keys import rsa_key

ISSUING = CertificateKind.ISSUING_PERSONS
NAMES = SubjectFields(
    common_name="Đoàn Thạch Khuê",
    organisation="UBND xã Suối Mây",
    organ_id=OrganId("H99.151"),
)


def clock() -> datetime:
    """Return the real time: OpenSSL judges by its own clock."""
    return datetime.now(UTC)


@pytest.fixture(scope="module", params=[KeyKind.P256, KeyKind.RSA3072])
def founded(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """A CA that no test changes: RSA keys take their time to be made."""
    folder = tmp_path_factory.mktemp("founded") / "pki"
    with create_hierarchy(folder, HierarchySettings(key_kind=request.param), clock):
        return folder


@pytest.fixture
def hierarchy(founded: Path, tmp_path: Path) -> Iterator[Hierarchy]:
    shutil.copytree(founded, tmp_path / "pki")
    with Hierarchy.open(tmp_path / "pki", clock=clock) as opened:
        yield opened


def issue(folder: Path, hierarchy: Hierarchy, name: str) -> x509.Certificate:
    certificate = hierarchy.issue_credential(CertificateKind.PERSON, NAMES).certificate
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / f"{name}.pem").write_bytes(pem)
    return certificate


def answer(folder: Path, hierarchy: Hierarchy) -> None:
    """Answer `request.der` from what is published."""
    authority = hierarchy.chain_above(CertificateKind.PERSON)[0]
    is_rsa = isinstance(authority.public_key(), rsa.RSAPublicKey)
    key = SoftwareKey(rsa_key()) if is_rsa else generate(KeyKind.P256)
    made = hierarchy.issue_responder(ISSUING, key=key)
    source = read_published_status(folder / "pki", ISSUING)
    responder = OcspResponder(
        [AnsweringCa(authority, made, source)], policy=OcspPolicy(), clock=clock
    )
    body = responder.answer((folder / "request.der").read_bytes()).body
    (folder / "answer.der").write_bytes(body)


def ask(folder: Path, hierarchy: Hierarchy, *asked: str, nonce: bool = False) -> str:
    """Let OpenSSL write the request and judge the answer; return what it says.

    It compares the nonces of request and answer; the second call adds none of its own.
    """
    issuer = ("-issuer", folder / "pki" / f"{ISSUING}.pem")
    option = "-nonce" if nonce else "-no_nonce"
    made = run(
        "openssl", "ocsp", *issuer, *asked, option, "-reqout", folder / "request.der"
    )
    assert made.returncode == 0, made.stderr
    answer(folder, hierarchy)
    told = run(
        "openssl", "ocsp", "-no_nonce", "-reqin", folder / "request.der",
        "-respin", folder / "answer.der", *issuer, *asked,
        "-CAfile", folder / "pki" / "root.pem", "-no-CApath", "-no-CAstore",
        "-verify_other", folder / "pki" / f"{ISSUING}.pem",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout + told.stderr


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize("nonce", [False, True])
def test_openssl_reads_good_revoked_and_unknown(
    tmp_path: Path, hierarchy: Hierarchy, digest: str, nonce: bool
) -> None:
    with hierarchy:
        issue(tmp_path, hierarchy, "good")
        revoked = issue(tmp_path, hierarchy, "revoked")
        reason = x509.ReasonFlags.key_compromise
        hierarchy.revoke(revoked.serial_number, reason)
        for name, expected in (("good", "good"), ("revoked", "revoked")):
            path = str(tmp_path / f"{name}.pem")
            told = ask(tmp_path, hierarchy, digest, "-cert", path, nonce=nonce)
            assert "Response verify OK" in told
            assert f"{path}: {expected}" in told
            assert "WARNING" not in told
            assert ("Reason: keyCompromise" in told) is (name == "revoked")
        told = ask(tmp_path, hierarchy, digest, "-serial", "0x1234", nonce=nonce)
    assert "0x1234: unknown" in told
    assert "Response verify OK" in told


def test_openssl_reads_an_answer_about_several_certificates(
    tmp_path: Path, hierarchy: Hierarchy
) -> None:
    with hierarchy:
        issue(tmp_path, hierarchy, "good")
        revoked = issue(tmp_path, hierarchy, "revoked")
        hierarchy.revoke(revoked.serial_number)
        paths = [str(tmp_path / f"{name}.pem") for name in ("good", "revoked")]
        asked = ("-cert", paths[0], "-cert", paths[1], "-serial", "0x1234")
        told = ask(tmp_path, hierarchy, *asked)
    assert f"{paths[0]}: good" in told
    assert f"{paths[1]}: revoked" in told
    assert "0x1234: unknown" in told


def test_openssl_finds_the_responder_in_the_certificate(tmp_path: Path) -> None:
    settings = HierarchySettings(public_url="http://ca.example:8480")
    with create_hierarchy(tmp_path / "pki", settings, clock) as hierarchy:
        issue(tmp_path, hierarchy, "good")
    told = run("openssl", "x509", "-in", tmp_path / "good.pem", "-noout", "-ocsp_uri")
    assert told.stdout.strip() == "http://ca.example:8480/ocsp"
