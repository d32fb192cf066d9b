"""Verify a signature of the one profile and return what it covers.

Order: the one allowed place, the exact form, digests, the certificates that were
signed for, the signature value. The chain of the certificate is judged elsewhere
(`pki.path`). Only the returned content may be used: it is read again from the very
octets that were digested.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from cryptography.x509 import Certificate

from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from schemas.xml import Element, canonicalize, local_name, parse_canonical
from signing.errors import SigningError
from signing.xmldsig.identifiers import refuse_repeated_ids
from signing.xmldsig.place import (
    Place,
    envelope_place,
    root_place,
    signature_at,
)
from signing.xmldsig.profile import attachment_uri
from signing.xmldsig.shape import SignatureParts, read_signature
from signing.xmldsig.value import check_value, read_certificate, read_public_key


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


def _verified(root: Element, place: Place, carried: Mapping[str, bytes]) -> VerifiedXml:
    signature = signature_at(root, place)
    refuse_repeated_ids(root)
    parts = read_signature(signature, place.signed)
    _refuse_other_references(parts, carried)
    octets = _signed_octets(place, signature)
    _check_digests(parts, carried, octets)
    certificate, *intermediates = _certificates(parts)
    check_value(
        read_public_key(certificate),
        parts.scheme,
        parts.value,
        canonicalize(parts.signed_info),
    )
    return VerifiedXml(
        content=parse_canonical(octets),
        certificate=certificate,
        intermediates=tuple(intermediates),
        signing_time=parts.signing_time,
        scheme=parts.scheme,
    )


def _refuse_other_references(
    parts: SignatureParts, carried: Mapping[str, bytes]
) -> None:
    """Refuse unless exactly the attachments that are carried are signed."""
    named = [reference.uri for reference in parts.attachments]
    wrong = set(named) ^ set(carried)
    if wrong or len(named) != len(carried):
        place = min(wrong, default="ds:Reference")
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place=place)


def _signed_octets(place: Place, signature: Element) -> bytes:
    """Return the signed octets after the enveloped-signature transform."""
    with _taken_out(signature, place.parent):
        return canonicalize(place.signed)


@contextmanager
def _taken_out(signature: Element, parent: Element) -> Iterator[None]:
    """Take `signature`, which no text follows, out of `parent` and put it back."""
    parent.remove(signature)
    try:
        yield
    finally:
        parent.append(signature)


def _check_digests(
    parts: SignatureParts, carried: Mapping[str, bytes], octets: bytes
) -> None:
    if not compare_digest(sha256(octets).digest(), parts.payload.sha256):
        raise _mismatch(parts.payload.uri)
    properties = canonicalize(parts.signed_properties)
    if not compare_digest(sha256(properties).digest(), parts.properties_sha256):
        raise _mismatch(local_name(parts.signed_properties))
    for reference in parts.attachments:
        if not compare_digest(carried[reference.uri], reference.sha256):
            raise SigningError(
                ErrorCode.ATTACHMENT_DIGEST_MISMATCH, place=reference.uri
            )


def _certificates(parts: SignatureParts) -> list[Certificate]:
    """Return the certificates of the signature, each named by its signed digest."""
    digests = tuple(sha256(der).digest() for der in parts.certificates)
    if digests != parts.certificate_digests:
        raise SigningError(
            ErrorCode.SIGNING_CERTIFICATE_MISMATCH, place="SigningCertificateV2"
        )
    return [read_certificate(der) for der in parts.certificates]


def _mismatch(place: str) -> SigningError:
    return SigningError(ErrorCode.REFERENCE_DIGEST_MISMATCH, place=place)
