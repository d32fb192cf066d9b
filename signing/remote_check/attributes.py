"""The signed attributes as they must be: rebuilt by the client, and compared whole.

A PAdES baseline signature of this project signs content-type, message-digest,
signing-certificate-v2 and cms-algorithm-protection, in one spelling (EN 319 142-1 6.3,
RFC 5035, RFC 6211). Whoever rebuilds them needs to read none.
"""

from hashlib import new as new_hash
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ObjectIdentifier

from pki.algorithms import SCHEMES
from pki.der import (
    INTEGER,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    DerReader,
    constructed_tag,
    element,
    integer,
    object_identifier,
    sequence,
)
from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from signing.errors import SigningError

_SET = 0x31
_CONTENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = ObjectIdentifier("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
_PROTECTION = ObjectIdentifier("1.2.840.113549.1.9.52")
_DATA = ObjectIdentifier("1.2.840.113549.1.7.1")
_MASK = ObjectIdentifier("1.2.840.113549.1.1.8")
_SALT_OCTETS = 32
_HASHES = {
    "sha256": ObjectIdentifier("2.16.840.1.101.3.4.2.1"),
    "sha384": ObjectIdentifier("2.16.840.1.101.3.4.2.2"),
}


def require_attributes(
    attributes: bytes,
    *,
    covered: tuple[bytes, bytes],
    certificate: Certificate,
    scheme: SignatureScheme,
) -> None:
    """Demand that attributes bind this document and this certificate, and no more.

    Args:
        attributes: DER of the SET that is to be signed.
        covered: the two ranges of the prepared file.
        certificate: the signer's own.
        scheme: with which it signs.

    Raises:
        SigningError: REMOTE_DIGEST_WRONG, REMOTE_CERTIFICATE_WRONG,
            REMOTE_ATTRIBUTES_WRONG.
    """
    digest = new_hash(SCHEMES[scheme].hash_name)
    for part in covered:
        digest.update(part)
    if attributes == signed_attributes(digest.digest(), certificate, scheme):
        return
    if digest.digest() not in attributes:
        raise SigningError(ErrorCode.REMOTE_DIGEST_WRONG)
    if _certificate_identifier(certificate) not in attributes:
        raise SigningError(ErrorCode.REMOTE_CERTIFICATE_WRONG)
    raise SigningError(ErrorCode.REMOTE_ATTRIBUTES_WRONG)


def signed_attributes(
    digest: bytes, certificate: Certificate, scheme: SignatureScheme
) -> bytes:
    """Return the DER of the attributes of a signature over `digest`."""
    values = (
        (_CONTENT_TYPE, object_identifier(_DATA)),
        (_MESSAGE_DIGEST, element(OCTET_STRING, digest)),
        (_SIGNING_CERTIFICATE, _certificate_identifier(certificate)),
        (_PROTECTION, _protection(scheme)),
    )
    encoded = (
        sequence(object_identifier(kind), element(_SET, value))
        for kind, value in values
    )
    return element(_SET, b"".join(sorted(encoded)))


def _certificate_identifier(certificate: Certificate) -> bytes:
    """Encode SigningCertificateV2; SHA-256, the default, is left out (RFC 5035 3)."""
    issuer, serial = _issuer_and_serial(certificate.tbs_certificate_bytes)
    names = sequence(element(constructed_tag(4), issuer))
    digest = sha256(certificate.public_bytes(Encoding.DER)).digest()
    identifier = sequence(element(OCTET_STRING, digest), sequence(names, serial))
    return sequence(sequence(identifier))


def _issuer_and_serial(tbs: bytes) -> tuple[bytes, bytes]:
    """Take both as they stand (RFC 5280 4.1): a name has many spellings."""
    fields = DerReader(DerReader(tbs).content(SEQUENCE))
    fields.optional(constructed_tag(0))
    serial = fields.whole(INTEGER)
    fields.content(SEQUENCE)
    return fields.whole(SEQUENCE), serial


def _protection(scheme: SignatureScheme) -> bytes:
    """Encode CMSAlgorithmProtection (RFC 6211 section 2)."""
    signature = element(constructed_tag(1), _signature(scheme))
    return sequence(_digest(scheme), signature)


def _digest(scheme: SignatureScheme) -> bytes:
    identifier = _HASHES[SCHEMES[scheme].hash_name]
    return sequence(object_identifier(identifier), element(NULL, b""))


def _signature(scheme: SignatureScheme) -> bytes:
    """Return identifier and parameters of a signature algorithm."""
    identifier = object_identifier(SCHEMES[scheme].oid)
    match scheme:
        case SignatureScheme.RSA_PSS_SHA256:
            return identifier + _pss(_digest(scheme))
        case SignatureScheme.RSA_PKCS1V15_SHA256:
            return identifier + element(NULL, b"")
        case SignatureScheme.ECDSA_SHA256 | SignatureScheme.ECDSA_SHA384:
            return identifier


def _pss(digest: bytes) -> bytes:
    """Encode RSASSA-PSS-params (RFC 4055 section 3.1)."""
    mask = sequence(object_identifier(_MASK), digest)
    return sequence(
        element(constructed_tag(0), digest),
        element(constructed_tag(1), mask),
        element(constructed_tag(2), integer(_SALT_OCTETS)),
    )
