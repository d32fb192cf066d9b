"""Answers of OpenSSL's responder count as evidence, from files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.trust import TrustStore, load_material
from schemas.errors import ErrorCode
from tests.support.certificates import PrivateKey, Shape, make
from tests.support.judges import run
from tests.support.keys import rsa_key
from tests.support.ocsp import request_for
from tests.support.pki import HeldKey, TestCa, TestPki

STAMP = "%y%m%d%H%M%SZ"


def write(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


_PSS = ("rsa_padding_mode:pss", "rsa_pss_saltlen:digest")


def responder(
    folder: Path, ca: TestCa, now: datetime, key: PrivateKey | None = None
) -> tuple[str | Path, ...]:
    """Certify a responder for one CA; return the options that name it."""
    shape = Shape(
        common_name="OCSP",
        key_usage=frozenset({"digital_signature"}),
        eku=(ExtendedKeyUsageOID.OCSP_SIGNING,),
        extra=((x509.OCSPNoCheck(), False),),
        not_before=now - timedelta(hours=1),
        not_after=now + timedelta(days=7),
    )
    credential = make(ca, shape, key=key)
    assert isinstance(credential.key, HeldKey)
    private = credential.key.private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (folder / "responder.key").write_bytes(private)
    signer = write(folder / "responder.pem", credential.certificate)
    return "-rsigner", signer, "-rkey", folder / "responder.key"


def ask(
    folder: Path,
    pki: TestPki,
    leaf: x509.Certificate,
    *,
    revoked: bool,
    pss_key: PrivateKey | None = None,
) -> None:
    """Let OpenSSL answer about `leaf`, into a folder of revocation data."""
    now = pki.root.now
    issuer = pki.issuing.credential.certificate
    end = (now + timedelta(days=30)).strftime(STAMP)
    since = (now - timedelta(hours=1)).strftime(STAMP) if revoked else ""
    state, serial = "R" if revoked else "V", f"{leaf.serial_number:X}"
    serial = serial.zfill(len(serial) + len(serial) % 2)
    line = f"{state}\t{end}\t{since}\t{serial}\tunknown\t/CN=x"
    (folder / "index.txt").write_text(line + "\n")
    (folder / "request.der").write_bytes(request_for(leaf, issuer=issuer))
    (folder / "revocation").mkdir()
    told = run(
        "openssl", "ocsp", "-index", folder / "index.txt",
        "-CA", write(folder / "ca.pem", issuer),
        *responder(folder, pki.issuing, now, pss_key),
        *(word for one in _PSS if pss_key for word in ("-rsigopt", one)),
        "-reqin", folder / "request.der", "-ndays", "1",
        "-respout", folder / "revocation" / "answer.ors",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr


def judge(folder: Path, pki: TestPki, leaf: x509.Certificate) -> ChainJudgement:
    """Judge as the command does: everything from files."""
    (folder / "revocation" / "root.crl").write_bytes(pki.root.crl())
    material = load_material(
        [write(folder / "root.pem", pki.root.root)],
        [write(folder / "issuing.pem", pki.issuing.credential.certificate)],
        [folder / "revocation"],
    )
    return judge_chain(
        leaf,
        trust=TrustStore.from_material(material),
        at=datetime.now(UTC),
        usage=KeyPurpose.DOCUMENT_ANY,
    )


@pytest.mark.parametrize("revoked", [False, True])
def test_answer_of_openssl_is_heard(tmp_path: Path, revoked: bool) -> None:
    pki = TestPki.create(now=datetime.now(UTC).replace(microsecond=0))
    leaf = pki.person().certificate
    ask(tmp_path, pki, leaf, revoked=revoked)
    judgement = judge(tmp_path, pki, leaf)
    wanted = [ErrorCode.CERTIFICATE_REVOKED] if revoked else []
    assert [one.code for one in judgement.reasons] == wanted
    answer = (tmp_path / "revocation" / "answer.ors").read_bytes()
    assert judgement.ocsps == (answer,)


def test_answer_of_openssl_signed_with_pss_is_heard(tmp_path: Path) -> None:
    pki = TestPki.create(now=datetime.now(UTC).replace(microsecond=0))
    leaf = pki.person().certificate
    key = rsa_key(2048)
    ask(tmp_path, pki, leaf, revoked=False, pss_key=key)
    judgement = judge(tmp_path, pki, leaf)
    assert judgement.reasons == ()
    (answer,) = judgement.ocsps
    assert b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a" in answer
