"""Verify a signature of the one profile and return what it covers.

Order: the one allowed place, the exact form, digests, the certificates that were
signed for, the signature value. The chain of the certificate is judged elsewhere
(`pki.path.judging`). Only the returned content may be used: it is read again from the
very octets that were digested.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from cryptography.x509 import Certificate

from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from schemas.xml import Element, canonicalize, parse_canonical
from signing.errors import SigningError
from signing.xmldsig.identifiers import refuse_repeated_ids, signed_id
from signing.xmldsig.place import (
    Place,
    envelope_place,
    root_place,
    signature_at,
)
from signing.xmldsig.profile import attachment_uri
from signing.xmldsig.shape import SignatureParts, read_signature
from signing.xmldsig.template import Info
from signing.xmldsig.value import check_value, read_certificate, read_signer


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedXml:
    """What a signature proves, once its certificate is judged too.

    Args:
        content: the signed element without the signature, from the octets digested.
        certificate: the signer's.
        intermediates: the other certificates of the signature, unjudged.
        signing_time: as the signer claims.
        scheme: the algorithm used.
    """

    content: Element
    certificate: Certificate
    intermediates: tuple[Certificate, ...]
    signing_time: datetime
    scheme: SignatureScheme


def verify_envelope(root: Element, *, attachments: Mapping[str, bytes]) -> VerifiedXml:
    """Verify the signature in the header of an edXML document.

    Args:
        root: a tree from `schemas.xml.parse`.
        attachments: for every attachment that is carried, its content id (without
            ``cid:``) and the SHA-256 of its carried bytes.

    Raises:
        SigningError: not signed, another form, or a digest or the value is wrong.
    """
    carried = {attachment_uri(name): digest for name, digest in attachments.items()}
    return _verified(root, envelope_place(root), carried)


def verify_receipt(root: Element) -> VerifiedXml:
    """Verify the signature of a receipt, a tree head or a bundle manifest.

    Args:
        root: a tree from `schemas.xml.parse`.

    Raises:
        SigningError: not signed, another form, or a digest or the value is wrong.
    """
    return _verified(root, root_place(root), {})


def signed_digest(root: Element) -> bytes:
    """Return the SHA-256 of what the signature of a receipt is a value over.

    Documents with the same one are one act of the signer: octets outside the signed
    ones, or another value (ECDSA has two), make none. Nothing is verified.

    Raises:
        SigningError: not signed, or another form.
    """
    signature = signature_at(root, root_place(root))
    return sha256(read_signature(signature).signed_info).digest()


def _verified(root: Element, place: Place, carried: Mapping[str, bytes]) -> VerifiedXml:
    signature = signature_at(root, place)
    refuse_repeated_ids(root)
    parts = read_signature(signature)
    _refuse_other_references(parts.info, signed_id(place.signed), carried)
    octets = _signed_octets(place, signature)
    _check_digests(parts, octets, carried)
    leaf, *intermediates = _signed_for(parts)
    signer, info = read_signer(leaf), parts.info
    check_value(signer.public_key, info.scheme, parts.value, parts.signed_info)
    return VerifiedXml(
        content=parse_canonical(octets),
        certificate=signer.certificate,
        intermediates=tuple(map(read_certificate, intermediates)),
        signing_time=parts.properties.at,
        scheme=info.scheme,
    )


def _refuse_other_references(
    info: Info, identifier: str, carried: Mapping[str, bytes]
) -> None:
    """Refuse unless exactly the element and the carried attachments are signed."""
    payload, *attachments = (signed.uri for signed in info.objects)
    if payload != f"#{identifier}":
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place=payload)
    wrong = set(attachments) ^ set(carried)
    if wrong or len(attachments) != len(carried):
        place = min(wrong, default="Reference")
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place=place)


def _signed_octets(place: Place, signature: Element) -> bytes:
    """Return the signed octets after the enveloped-signature transform."""
    # No text follows the signature, the last child: it is put back as it was.
    place.parent.remove(signature)
    try:
        return canonicalize(place.signed)
    finally:
        place.parent.append(signature)


def _check_digests(
    parts: SignatureParts, octets: bytes, carried: Mapping[str, bytes]
) -> None:
    payload, *attachments = parts.info.objects
    _check_digest(octets, payload.sha256, payload.uri)
    properties_sha256 = parts.info.properties_sha256
    _check_digest(parts.signed_properties, properties_sha256, "SignedProperties")
    for signed in attachments:
        if not compare_digest(carried[signed.uri], signed.sha256):
            raise SigningError(ErrorCode.ATTACHMENT_DIGEST_MISMATCH, place=signed.uri)


def _check_digest(octets: bytes, expected: bytes, place: str) -> None:
    if not compare_digest(sha256(octets).digest(), expected):
        raise SigningError(ErrorCode.REFERENCE_DIGEST_MISMATCH, place=place)


def _signed_for(parts: SignatureParts) -> tuple[bytes, ...]:
    """Return the certificates of the signature, each named by its signed digest."""
    digests = tuple(sha256(der).digest() for der in parts.certificates)
    if digests != parts.properties.certificate_digests:
        raise SigningError(
            ErrorCode.SIGNING_CERTIFICATE_MISMATCH, place="SigningCertificateV2"
        )
    return parts.certificates
