"""Certificates of any shape, also wrong ones, for tests of judging and linting."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.der import SEQUENCE, DerReader, bit_string, element, sequence
from pki.keys.api import Credential
from tests.support.pki import (
    NOW,
    HeldKey,
    TestCa,
    TestPki,
    is_repeatable,
    name,
    new_key,
    serial_number,
)

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
SIGNER = frozenset({"digital_signature", "content_commitment"})
CA = frozenset({"key_cert_sign", "crl_sign"})

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extension = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a certificate says; the defaults make a sound one for a person."""

    common_name: str = "Đoàn Thạch Khuê"
    organ_id: str | None = "H99.151"
    subject: x509.Name | None = None
    ca: bool = False
    path_length: int | None = None
    basic_constraints: bool = True
    key_usage: frozenset[str] | None = SIGNER
    eku: tuple[x509.ObjectIdentifier, ...] = ()
    policies: tuple[x509.ObjectIdentifier, ...] = ()
    extra: tuple[Extension, ...] = ()
    not_before: datetime = NOW - timedelta(days=1)
    not_after: datetime = NOW + timedelta(days=730)
    digest: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)
    authority_key_id: bool = True


def key_usage(bits: frozenset[str]) -> x509.KeyUsage:
    """Build the extension with exactly these bits."""
    return x509.KeyUsage(**{usage: usage in bits for usage in _USAGES})


def p256() -> ec.EllipticCurvePrivateKey:
    """Make a key."""
    return new_key()


def make(
    issuer: TestCa,
    shape: Shape,
    *,
    key: PrivateKey | None = None,
    signed_by: PrivateKey | None = None,
) -> Credential:
    """Make a certificate that names `issuer`; `signed_by` forges its signature."""
    private = key or p256()
    builder = _builder(issuer, shape, private)
    signer = signed_by or issuer.private
    certificate = builder.sign(
        signer, shape.digest, ecdsa_deterministic=is_repeatable(signer)
    )
    return Credential(HeldKey(private), certificate)


def authority(issuer: TestCa, shape: Shape, **options: PrivateKey) -> TestCa:
    """Make a certificate and use it as a CA, whether it may be one or not."""
    return TestCa(make(issuer, shape, **options), issuer.root, issuer.now)


def ca_shape(common_name: str = "Phụ CA", **changes: object) -> Shape:
    """Return the shape of a sound issuing CA, changed as asked."""
    fields: dict[str, object] = {
        "common_name": common_name,
        "organ_id": None,
        "ca": True,
        "key_usage": CA,
    }
    return Shape(**{**fields, **changes})  # type: ignore[arg-type]  # a test's own words


def der(certificate: x509.Certificate) -> bytes:
    """Return the encoding."""
    return certificate.public_bytes(Encoding.DER)


def with_dsa_key(pki: TestPki) -> x509.Certificate:
    """Make a certificate for a kind of key that is on no list."""
    key = dsa.generate_private_key(1024)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("DSA"))
        .issuer_name(pki.issuing.credential.certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(key_usage(SIGNER), critical=True)
    )
    return builder.sign(pki.issuing.private, hashes.SHA256())


def altered(
    certificate: x509.Certificate, issuer: TestCa, change: Callable[[bytes], bytes]
) -> bytes:
    """Change the content of what is signed, and let `issuer` (P-256) sign it again."""
    body = DerReader(certificate.tbs_certificate_bytes).content(SEQUENCE)
    whole = DerReader(DerReader(der(certificate)).content(SEQUENCE))
    whole.content(SEQUENCE)
    changed = element(SEQUENCE, change(body))
    if not isinstance(issuer.private, ec.EllipticCurvePrivateKey):
        raise TypeError
    value = issuer.private.sign(changed, ec.ECDSA(hashes.SHA256()))
    return sequence(changed, whole.whole(SEQUENCE), bit_string(value))


def signed_with_sha1(
    certificate: x509.Certificate, issuer_key: rsa.RSAPrivateKey
) -> bytes:
    """Sign again what `issuer_key` signed, with a digest no library signs with."""
    # sha256WithRSAEncryption and sha1WithRSAEncryption differ in the last octet.
    strong, weak = (bytes.fromhex(f"2a864886f70d0101{last}") for last in ("0b", "05"))
    old = certificate.tbs_certificate_bytes
    new = old.replace(strong, weak)
    value = issuer_key.sign(new, padding.PKCS1v15(), hashes.SHA1())
    encoded = der(certificate).replace(certificate.signature, value)
    return encoded.replace(old, new).replace(strong, weak)


def _builder(
    issuer: TestCa, shape: Shape, private: PrivateKey
) -> x509.CertificateBuilder:
    named = name(shape.common_name, shape.organ_id)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named if shape.subject is None else shape.subject)
        .issuer_name(issuer.credential.certificate.subject)
        .public_key(private.public_key())
        .serial_number(serial_number())
        .not_valid_before(shape.not_before)
        .not_valid_after(shape.not_after)
    )
    for extension, critical in _extensions(issuer, shape, private):
        builder = builder.add_extension(extension, critical)
    return builder


def _extensions(issuer: TestCa, shape: Shape, private: PrivateKey) -> list[Extension]:
    own_id = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    found: list[Extension] = [(own_id, False), *shape.extra]
    if shape.basic_constraints:
        found.append((x509.BasicConstraints(shape.ca, shape.path_length), True))
    if shape.key_usage is not None:
        found.append((key_usage(shape.key_usage), True))
    if shape.eku:
        found.append((x509.ExtendedKeyUsage(shape.eku), False))
    if shape.policies:
        policies = [x509.PolicyInformation(oid, None) for oid in shape.policies]
        found.append((x509.CertificatePolicies(policies), False))
    if shape.authority_key_id:
        key = issuer.private.public_key()
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(key), False))
    return found
