"""Read a signature by its exact form; anything else is refused before cryptography.

Nothing is searched by name or identifier: each element is where the profile puts it,
so what is read here is what is verified.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from pki.algorithms import scheme_of_uri
from pki.errors import PkiError
from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode, SchemaError
from schemas.timestamps import parse_utc
from schemas.xml import DS, XADES, Element, local_name, qualified
from signing.errors import SigningError
from signing.xmldsig.identifiers import signed_id
from signing.xmldsig.profile import (
    CID,
    ENVELOPED,
    EXCLUSIVE_C14N,
    MAXIMUM_CERTIFICATES,
    MAXIMUM_REFERENCES,
    MIME_TYPE_FORM,
    SHA256,
    SIGNED_PROPERTIES_TYPE,
)

_SHA256_SIZE = 32


def _tags(namespace: str, *names: str) -> list[str]:
    return [qualified(namespace, name) for name in names]


_SIGNATURE_PARTS = _tags(DS, "SignedInfo", "SignatureValue", "KeyInfo", "Object")
_X509_DATA = _tags(DS, "X509Data")
_X509_CERTIFICATE = qualified(DS, "X509Certificate")
_METHODS = _tags(DS, "CanonicalizationMethod", "SignatureMethod")
_REFERENCE = qualified(DS, "Reference")
_DIGEST = _tags(DS, "DigestMethod", "DigestValue")
_TRANSFORMED = _tags(DS, "Transforms", "DigestMethod", "DigestValue")
_TRANSFORM = qualified(DS, "Transform")
_QUALIFYING_PROPERTIES = _tags(XADES, "QualifyingProperties")
_SIGNED_PROPERTIES = _tags(XADES, "SignedProperties")
_PROPERTY_GROUPS = _tags(
    XADES, "SignedSignatureProperties", "SignedDataObjectProperties"
)
_SIGNATURE_PROPERTIES = _tags(XADES, "SigningTime", "SigningCertificateV2")
_CERT = qualified(XADES, "Cert")
_CERT_DIGEST = _tags(XADES, "CertDigest")
_DATA_OBJECT_FORMAT = qualified(XADES, "DataObjectFormat")
_MIME_TYPE = _tags(XADES, "MimeType")


_HAS_STRAY_TEXT = etree.XPath("boolean(.//text()[../* or ../@*])")
"""Text stands only in elements that have neither children nor attributes."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One signed object: its URI and the digest that was signed."""

    uri: str
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParts:
    """Everything a signature says, and the two elements whose octets count."""

    signed_info: Element
    scheme: SignatureScheme
    payload: Reference
    attachments: tuple[Reference, ...]
    signed_properties: Element
    properties_sha256: bytes
    value: bytes
    certificates: tuple[bytes, ...]
    certificate_digests: tuple[bytes, ...]
    signing_time: datetime


def read_signature(signature: Element, signed: Element) -> SignatureParts:
    """Return the parts of `signature`, which covers `signed`.

    Raises:
        SigningError: any other element, attribute, text, order, algorithm or
            reference than the profile has; the place names the element.
    """
    if _HAS_STRAY_TEXT(signature):
        raise _refused(signature)
    own_id = signed_id(signature)
    info, value, key_info, holder = _opened(signature, _SIGNATURE_PARTS, ("Id",))
    (qualifying,) = _opened(holder, _QUALIFYING_PROPERTIES)
    (properties,) = _opened(qualifying, _SIGNED_PROPERTIES, ("Target",))
    if qualifying.get("Target") != f"#{own_id}":
        raise _refused(qualifying)
    signed_objects, properties_digest, scheme = _read_info(info, signed, properties)
    time, digests = _read_properties(properties, len(signed_objects))
    return SignatureParts(
        signed_info=info,
        scheme=scheme,
        payload=signed_objects[0],
        attachments=tuple(signed_objects[1:]),
        signed_properties=properties,
        properties_sha256=properties_digest,
        value=_octets(value),
        certificates=_read_key_info(key_info),
        certificate_digests=digests,
        signing_time=time,
    )


def _read_info(
    info: Element, signed: Element, properties: Element
) -> tuple[list[Reference], bytes, SignatureScheme]:
    children = list(info)
    references = children[2:]
    if not 2 <= len(references) <= MAXIMUM_REFERENCES:
        raise _refused(info)
    _opened(info, [*_METHODS, *[_REFERENCE] * len(references)])
    _algorithm(children[0], EXCLUSIVE_C14N)
    payload = _read_payload(references[0], f"#{signed_id(signed)}")
    attachments = [
        _read_attachment(reference, number)
        for number, reference in enumerate(references[1:-1], start=2)
    ]
    digest = _read_properties_reference(references[-1], f"#{signed_id(properties)}")
    return [payload, *attachments], digest, _scheme(children[1])


def _scheme(method: Element) -> SignatureScheme:
    """Return the allowed signature algorithm `method` names.

    HMAC, SHA-1 and everything else that is not allowed is simply absent.
    """
    _opened(method, [], ("Algorithm",))
    try:
        return scheme_of_uri(method.get("Algorithm", ""))
    except PkiError as error:
        raise SigningError(error.code, place=local_name(method)) from error


def _read_payload(reference: Element, uri: str) -> Reference:
    transforms, method, value = _opened(reference, _TRANSFORMED, ("Id", "URI"))
    _transforms(transforms, (ENVELOPED, EXCLUSIVE_C14N))
    _numbered(reference, number=1)
    if reference.get("URI") != uri:
        raise _refused(reference)
    return Reference(uri, _digest(method, value))


def _read_attachment(reference: Element, number: int) -> Reference:
    method, value = _opened(reference, _DIGEST, ("Id", "URI"))
    _numbered(reference, number=number)
    uri = reference.get("URI", "")
    if not uri.startswith(CID):
        raise _refused(reference)
    return Reference(uri, _digest(method, value))


def _read_properties_reference(reference: Element, uri: str) -> bytes:
    transforms, method, value = _opened(reference, _TRANSFORMED, ("Type", "URI"))
    _transforms(transforms, (EXCLUSIVE_C14N,))
    if (reference.get("Type"), reference.get("URI")) != (SIGNED_PROPERTIES_TYPE, uri):
        raise _refused(reference)
    return _digest(method, value)


def _numbered(reference: Element, *, number: int) -> None:
    """Refuse any other ``Id`` than the one DataObjectFormat will point to."""
    if reference.get("Id") != f"reference-{number}":
        raise _refused(reference)


def _transforms(transforms: Element, algorithms: Sequence[str]) -> None:
    stated = _opened(transforms, [_TRANSFORM] * len(algorithms))
    for transform, algorithm in zip(stated, algorithms, strict=True):
        _algorithm(transform, algorithm)


def _read_key_info(key_info: Element) -> tuple[bytes, ...]:
    (data,) = _opened(key_info, _X509_DATA)
    count = len(data)
    if not 1 <= count <= MAXIMUM_CERTIFICATES:
        raise _refused(data)
    return tuple(_octets(one) for one in _opened(data, [_X509_CERTIFICATE] * count))


def _read_properties(
    properties: Element, objects: int
) -> tuple[datetime, tuple[bytes, ...]]:
    of_signature, of_objects = _opened(properties, _PROPERTY_GROUPS, ("Id",))
    time, certificates = _opened(of_signature, _SIGNATURE_PROPERTIES)
    formats = _opened(of_objects, [_DATA_OBJECT_FORMAT] * objects)
    for number, data_format in enumerate(formats, start=1):
        _data_object_format(data_format, f"#reference-{number}")
    return _time(time), _certificate_digests(certificates)


def _data_object_format(data_format: Element, reference: str) -> None:
    (mime_type,) = _opened(data_format, _MIME_TYPE, ("ObjectReference",))
    if data_format.get("ObjectReference") != reference or not MIME_TYPE_FORM.fullmatch(
        _text(mime_type)
    ):
        raise _refused(data_format)


def _certificate_digests(certificates: Element) -> tuple[bytes, ...]:
    cited = _opened(certificates, [_CERT] * len(certificates))
    digests = []
    for cert in cited:
        (cert_digest,) = _opened(cert, _CERT_DIGEST)
        digests.append(_digest(*_opened(cert_digest, _DIGEST)))
    return tuple(digests)


def _time(element: Element) -> datetime:
    try:
        return parse_utc(_text(element))
    except SchemaError as error:
        raise _refused(element) from error


def _digest(method: Element, value: Element) -> bytes:
    _algorithm(method, SHA256)
    digest = _octets(value)
    if len(digest) != _SHA256_SIZE:
        raise _refused(value)
    return digest


def _algorithm(element: Element, expected: str) -> None:
    if len(element) or element.items() != [("Algorithm", expected)]:
        raise SigningError(
            ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=local_name(element)
        )


def _octets(element: Element) -> bytes:
    """Return what the base64 text of `element` stands for, in its one spelling."""
    text = _text(element)
    try:
        octets = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(element) from error
    if not octets or b64encode(octets).decode("ascii") != text:
        raise _refused(element)
    return octets


def _text(element: Element) -> str:
    """Return the text of an element that has nothing else."""
    _opened(element, [])
    return element.text or ""


def _opened(
    element: Element, children: Sequence[str], attributes: Sequence[str] = ()
) -> list[Element]:
    """Return the children of `element`, which has exactly these and no others."""
    found = list(element)
    if [child.tag for child in found] != children:
        raise _refused(element)
    if element.keys() != list(attributes):
        raise _refused(element)
    return found


def _refused(element: Element) -> SigningError:
    return SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place=local_name(element))
