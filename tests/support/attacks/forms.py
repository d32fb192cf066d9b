"""Certificates and lists of a form that no library writes, octet by octet."""

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from pki.der import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    constructed_tag,
    element,
    integer,
    object_identifier,
    sequence,
)
from tests.support.pki import TestCa, _authority_key_id

_EKU = x509.ObjectIdentifier("2.5.29.37")
_MAPPINGS = x509.ObjectIdentifier("2.5.29.33")
_EC_KEY = x509.ObjectIdentifier("1.2.840.10045.2.1")
_BITS = 0x03


def serial(number: int) -> Callable[[bytes], bytes]:
    """Return what gives a certificate another serial number."""

    def change(body: bytes) -> bytes:
        reader = DerReader(body)
        version = reader.whole(constructed_tag(0))
        reader.content(INTEGER)
        return version + integer(number) + body[reader.position :]

    return change


def without_version(body: bytes) -> bytes:
    """Make it version 1."""
    reader = DerReader(body)
    reader.whole(constructed_tag(0))
    return body[reader.position :]


def extension_twice(body: bytes) -> bytes:
    """State the first extension twice."""
    before, items = _extensions(body)
    first = DerReader(items).whole(SEQUENCE)
    return before + element(constructed_tag(3), sequence(items, first))


def eku_empty(body: bytes) -> bytes:
    """Add an extended key usage that lists nothing (RFC 5280 4.2.1.12)."""
    before, items = _extensions(body)
    nothing = element(OCTET_STRING, element(SEQUENCE, b""))
    usage = sequence(object_identifier(_EKU), nothing)
    return before + element(constructed_tag(3), sequence(items, usage))


def _extensions(body: bytes) -> tuple[bytes, bytes]:
    """Return what stands before the extensions, and the extensions."""
    reader = DerReader(body)
    for tag in (constructed_tag(0), INTEGER, *(SEQUENCE,) * 5):
        reader.content(tag)
    before = body[: reader.position]
    return before, DerReader(reader.content(constructed_tag(3))).content(SEQUENCE)


def explicit_curve(body: bytes) -> bytes:
    """State P-256 by its numbers instead of its name (RFC 5480 2.1.1 forbids it)."""
    reader = DerReader(body)
    for tag in (constructed_tag(0), INTEGER, *(SEQUENCE,) * 4):
        reader.content(tag)
    before = body[: reader.position]
    old = DerReader(reader.content(SEQUENCE))
    old.content(SEQUENCE)
    key = sequence(sequence(object_identifier(_EC_KEY), _curve()), old.whole(_BITS))
    return before + key + body[reader.position :]


def _curve() -> bytes:
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"
    generator = (
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return sequence(
        integer(1),
        sequence(
            object_identifier(x509.ObjectIdentifier("1.2.840.10045.1.1")),
            integer(prime),
        ),
        sequence(
            element(OCTET_STRING, (prime - 3).to_bytes(32, "big")),
            element(OCTET_STRING, bytes.fromhex(b)),
        ),
        element(OCTET_STRING, bytes.fromhex(generator)),
        integer(order),
        integer(1),
    )


def mappings(pairs: int) -> x509.UnrecognizedExtension:
    """Map every policy to every one of the next level, as far as it fits."""
    content = b"".join(
        sequence(
            object_identifier(x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{n % 16}")),
            object_identifier(x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{n // 16}")),
        )
        for n in range(pairs)
    )
    return x509.UnrecognizedExtension(_MAPPINGS, element(SEQUENCE, content))


def list_without_number(ca: TestCa) -> bytes:
    """Return a revocation list without cRLNumber (RFC 5280 5.2.3)."""
    return _list(ca, ())


def list_critical(ca: TestCa) -> bytes:
    """Return a revocation list whose cRLNumber is critical."""
    return _list(ca, ((x509.CRLNumber(1), True),))


def _list(ca: TestCa, more: tuple[tuple[x509.ExtensionType, bool], ...]) -> bytes:
    issuer = ca.credential.certificate
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(ca.now)
        .next_update(ca.now + timedelta(days=7))
        .add_extension(_authority_key_id(issuer), critical=False)
    )
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    signed = builder.sign(ca.private, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)
