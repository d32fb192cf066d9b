"""Registry entries for tests: real certificates, reserved as the CA would."""

from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki.journal.store import Act
from pki.kinds import CertificateKind
from pki.registry.api import BegunIssuance, CertificateRegistry, RegisteredCertificate
from pki.registry.records import index_of
from tests.support.pki import NOW, HeldKey, TestPki

ACT = Act(actor="khue", reason="thử")


@cache
def shared_pki() -> TestPki:
    return TestPki.create()


@cache
def shared_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def der(serial: int, agency: str, key: int, days: int) -> bytes:
    """Make a certificate; the same one whenever asked for alike."""
    issued = shared_pki().issuing.issue(
        "Đoàn Thạch Khuê", organ_id=agency, key=shared_key(key), days=days
    )
    made = issued.certificate
    builder = x509.CertificateBuilder(
        issuer_name=made.issuer,
        subject_name=made.subject,
        public_key=made.public_key(),
        serial_number=serial,
        not_valid_before=made.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=made.not_valid_after_utc.replace(tzinfo=None),
        extensions=list(made.extensions),
    )
    signer = shared_pki().issuing.credential.key
    assert isinstance(signer, HeldKey)
    signed = builder.sign(signer.private, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def entry(
    serial: int,
    age: int = 0,
    *,
    agency: str = "H99.151",
    key: int = 0,
    days: int = 730,
    at: datetime = NOW,
) -> RegisteredCertificate:
    return RegisteredCertificate(
        serial=serial,
        kind=CertificateKind.PERSON,
        der=der(serial, agency, key, days),
        issued_at=at - timedelta(seconds=age),
    )


def begun(entry: RegisteredCertificate) -> BegunIssuance:
    index = index_of(entry.der)
    return BegunIssuance(
        serial=entry.serial,
        kind=entry.kind,
        tbs_digest=index.tbs_digest,
        key_digest=index.key_digest,
        subject_digest=index.subject_digest,
        at=entry.issued_at,
    )


def put(registry: CertificateRegistry, *entries: RegisteredCertificate) -> None:
    """Reserve and add."""
    registry.reserve([begun(one) for one in entries], ACT)
    registry.add(entries, ACT)
