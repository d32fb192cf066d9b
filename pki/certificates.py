"""Certificates read once and completely, so that judging them cannot raise.

`cryptography` parses lazily: a hostile certificate may raise at any later access.
Everything path validation looks at is therefore read here, in one place.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from pki.algorithms import is_accepted_key, is_accepted_signature
from pki.der import (
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    constructed_tag,
    object_identifier,
    primitive_tag,
)
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

MOST_BYTES = 64 * 1024
"""Largest certificate read; ours have about one KiB."""

_KEPT = 256
"""Certificates kept as they were read: CAs and signers come again and again."""

# Such a certificate is refused below; the library's warning would go to the terminal
# of whoever judges a hostile file.
warnings.filterwarnings(
    "ignore", "Parsed a serial number", category=CryptographyDeprecationWarning
)

_NO_CA = x509.BasicConstraints(ca=False, path_length=None)

# Version, serial number, algorithm, issuer, validity, subject.
_BEFORE_KEY = (constructed_tag(0), INTEGER, *(SEQUENCE,) * 4)
# And the key, the unique identifiers.
_BEFORE_EXTENSIONS = (*_BEFORE_KEY, SEQUENCE, primitive_tag(1), primitive_tag(2))

KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
"""Bits of the key usage extension, without the two that only qualify agreement."""


@lru_cache(maxsize=_KEPT)
def der_of(certificate: x509.Certificate) -> bytes:
    """Return the DER of a certificate, encoded once while it is in use."""
    return certificate.public_bytes(Encoding.DER)


@lru_cache(maxsize=_KEPT)
def fingerprint_of(certificate: x509.Certificate) -> bytes:
    """Return SHA-256 of a certificate's DER, made once while it is in use."""
    return sha256(der_of(certificate)).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCertificate:
    """What path validation needs to know of one certificate.

    Args:
        certificate: the certificate itself.
        fingerprint: SHA-256 of its DER.
        subject: DER of the subject name.
        issuer: DER of the issuer name.
        serial: its serial number.
        not_before: begin of the validity period.
        not_after: end of the validity period.
        subject_key_id: key identifier, if stated.
        authority_key_id: key identifier of the issuer, if stated.
        is_ca: basicConstraints says CA.
        path_length: how many CAs may follow; None if that is not limited.
        extensions: those present.
        critical_extensions: those of them that are critical.
        key_usage: the usages set; None if the extension is absent.
        extended_key_usage: the purposes named; None if the extension is absent.
        extended_key_usage_is_critical: the extension is there and critical.
        policies: certificate policies.
        name_constraints: what names may stand below; None if the extension is absent.
        encoded_name_constraints: the same as it was encoded.
        strong_key: its public key is on the allow-list.
        strong_signature: it is signed with an algorithm on the allow-list.
    """

    certificate: x509.Certificate
    fingerprint: bytes
    subject: bytes
    issuer: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    is_ca: bool
    path_length: int | None
    extensions: frozenset[x509.ObjectIdentifier]
    critical_extensions: frozenset[x509.ObjectIdentifier]
    key_usage: frozenset[str] | None
    extended_key_usage: frozenset[x509.ObjectIdentifier] | None
    extended_key_usage_is_critical: bool
    policies: frozenset[x509.ObjectIdentifier]
    name_constraints: x509.NameConstraints | None
    encoded_name_constraints: bytes | None
    strong_key: bool
    strong_signature: bool

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same (RFC 5280 3.2)."""
        return self.subject == self.issuer

    def may_have_issued(self, other: "ReadCertificate") -> bool:
        """Tell whether names and key identifiers allow it to have issued `other`."""
        if self.subject != other.issuer:
            return False
        stated, own = other.authority_key_id, self.subject_key_id
        return stated is None or own is None or stated == own


def read_certificate(source: x509.Certificate | bytes) -> ReadCertificate:
    """Read all of a certificate.

    Raises:
        PkiError: some part of it is malformed, or it is larger than `MOST_BYTES`.
    """
    if isinstance(source, bytes) and len(source) > MOST_BYTES:
        raise PkiError(ErrorCode.LIMIT_EXCEEDED)
    try:
        return _read_der(source) if isinstance(source, bytes) else _read(source)
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED) from error


@lru_cache(maxsize=_KEPT)
def _read_der(der: bytes) -> ReadCertificate:
    return _read(x509.load_der_x509_certificate(der))


def _read(certificate: x509.Certificate) -> ReadCertificate:
    if certificate.serial_number <= 0:  # RFC 5280 4.1.2.2
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED)
    encoded = certificate.public_bytes(Encoding.DER)
    if len(encoded) > MOST_BYTES:
        raise PkiError(ErrorCode.LIMIT_EXCEEDED)
    if not has_whole_signature(encoded, certificate.signature):
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED)
    extensions = certificate.extensions
    basic = _find(extensions, x509.BasicConstraints) or _NO_CA
    constraints = _find(extensions, x509.NameConstraints)
    return ReadCertificate(
        certificate=certificate,
        fingerprint=sha256(encoded).digest(),
        subject=certificate.subject.public_bytes(),
        issuer=certificate.issuer.public_bytes(),
        serial=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        subject_key_id=_subject_key_id(extensions),
        authority_key_id=authority_key_id(extensions),
        is_ca=basic.ca,
        path_length=basic.path_length,
        extensions=frozenset(one.oid for one in extensions),
        critical_extensions=frozenset(one.oid for one in extensions if one.critical),
        key_usage=key_usage_of(extensions),
        extended_key_usage=_extended_key_usage(extensions),
        extended_key_usage_is_critical=_is_critical(extensions, x509.ExtendedKeyUsage),
        policies=_policies(extensions),
        name_constraints=constraints,
        encoded_name_constraints=None
        if constraints is None
        else encoded_extension(certificate, x509.NameConstraints.oid),
        strong_key=_has_strong_key(certificate),
        strong_signature=_has_strong_signature(certificate),
    )


def has_whole_signature(encoded: bytes, signature: bytes) -> bool:
    """Tell whether a signature value is whole octets (RFC 5280 4.1.1.3, 5.1.1.3).

    The count of unused bits stands outside what is signed, and the library ignores it.

    Args:
        encoded: the certificate or list, which its signature ends.
        signature: the value as the library reads it.
    """
    return encoded[-len(signature) - 1] == 0


def authority_key_id(extensions: x509.Extensions) -> bytes | None:
    """Return the issuer's key identifier a certificate or CRL states (4.2.1.1)."""
    found = _find(extensions, x509.AuthorityKeyIdentifier)
    return found.key_identifier if found else None


def encoded_extension(
    certificate: x509.Certificate, oid: x509.ObjectIdentifier
) -> bytes | None:
    """Return the value of an extension as it was encoded; None if it is absent.

    Raises:
        ValueError: the certificate is not DER.
    """
    body = DerReader(DerReader(certificate.tbs_certificate_bytes).content(SEQUENCE))
    for tag in _BEFORE_EXTENSIONS:
        body.optional(tag)
    explicit = body.optional(constructed_tag(3))
    if explicit is None:
        return None
    items = DerReader(DerReader(explicit).content(SEQUENCE))
    wanted = object_identifier(oid)
    while not items.at_end:
        item = DerReader(items.content(SEQUENCE))
        name = item.whole(OBJECT_IDENTIFIER)
        item.optional(BOOLEAN)
        if name == wanted:
            return item.content(OCTET_STRING)
    return None


def _find(extensions: x509.Extensions, kind: type[_Kind]) -> _Kind | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_critical(extensions: x509.Extensions, kind: type[_Kind]) -> bool:
    return any(one.critical for one in extensions if one.oid == kind.oid)


def _subject_key_id(extensions: x509.Extensions) -> bytes | None:
    found = _find(extensions, x509.SubjectKeyIdentifier)
    return found.digest if found else None


def key_usage_of(extensions: x509.Extensions) -> frozenset[str] | None:
    """Return the usages set (4.2.1.3); None if the extension is absent."""
    found = _find(extensions, x509.KeyUsage)
    if found is None:
        return None
    return frozenset(usage for usage in KEY_USAGES if getattr(found, usage))


def _extended_key_usage(
    extensions: x509.Extensions,
) -> frozenset[x509.ObjectIdentifier] | None:
    found = _find(extensions, x509.ExtendedKeyUsage)
    return None if found is None else frozenset(found)


def _policies(extensions: x509.Extensions) -> frozenset[x509.ObjectIdentifier]:
    found = _find(extensions, x509.CertificatePolicies)
    return frozenset(one.policy_identifier for one in found or ())


def _has_strong_key(certificate: x509.Certificate) -> bool:
    try:
        key = certificate.public_key()
        is_curve = isinstance(key, EllipticCurvePublicKey)
        if is_curve and not _names_its_curve(certificate):
            return False
        return is_accepted_key(key)
    except UnsupportedAlgorithm:
        return False


def _names_its_curve(certificate: x509.Certificate) -> bool:
    """Tell whether the curve is named, not spelled out (RFC 5480 2.1.1).

    The library takes parameters that are those of a known curve for its name.
    """
    body = DerReader(DerReader(certificate.tbs_certificate_bytes).content(SEQUENCE))
    for tag in _BEFORE_KEY:
        body.optional(tag)
    key = DerReader(body.content(SEQUENCE))
    algorithm = DerReader(key.content(SEQUENCE))
    algorithm.content(OBJECT_IDENTIFIER)
    return algorithm.follows(OBJECT_IDENTIFIER)


def _has_strong_signature(certificate: x509.Certificate) -> bool:
    try:
        return is_accepted_signature(certificate)
    except UnsupportedAlgorithm:
        return False
