"""Read a signature by its exact form; anything else is refused before cryptography.

The values are picked out of the canonical octets of the signature, the profile's text
is written again around them, and the two must be equal byte for byte. So the one
definition of the form is `signing.xmldsig.template`, there is no room beside it (no
second Object, Manifest, transform, KeyValue, white space), and what was read is what
is digested and signed.
"""

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from pki.algorithms import SCHEMES, scheme_of_uri
from pki.errors import PkiError
from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode, SchemaError
from schemas.timestamps import parse_utc
from schemas.xml import Element, canonicalize
from signing.errors import SigningError
from signing.xmldsig import template
from signing.xmldsig.profile import (
    ENVELOPED,
    EXCLUSIVE_C14N,
    MAXIMUM_CERTIFICATES,
    MAXIMUM_OBJECTS,
    MIME_TYPE_FORM,
    SHA256,
)
from signing.xmldsig.template import Info, Properties, SignedObject

_ALGORITHM = b' Algorithm="'
_URI = b' URI="'
_DIGEST_VALUE = b"<ds:DigestValue>"
_CERTIFICATE = b"<ds:X509Certificate>"
_MIME_TYPE = b"<xades:MimeType>"
_METHOD = re.compile(rb'<ds:SignatureMethod Algorithm="([^"]*)"')
_SIGNATURE_VALUE = re.compile(rb"<ds:SignatureValue>([^<]*)<")
_TIME = re.compile(rb"<xades:SigningTime>([^<]*)<")
_ELEMENT = re.compile(rb"<([a-z]+:\w+)")

_ALLOWED = frozenset(
    uri.encode()
    for uri in (
        EXCLUSIVE_C14N,
        ENVELOPED,
        SHA256,
        *(definition.xml_uri for definition in SCHEMES.values()),
    )
)


@dataclass(frozen=True, slots=True)
class SignatureParts:
    """Everything in a signature; nothing of it is checked but its form.

    Args:
        signed_info: octets of `info`, which the value is over.
        signed_properties: octets of `properties`, which `info` names by digest.
        value: the signature over `signed_info`.
        certificates: the signer's first.
    """

    info: Info
    signed_info: bytes
    properties: Properties
    signed_properties: bytes
    value: bytes
    certificates: tuple[bytes, ...]


def read_signature(signature: Element) -> SignatureParts:
    """Return the parts of `signature`.

    Raises:
        SigningError: any other element, attribute, text, order, algorithm or
            reference than the profile has; the place names the element.
    """
    octets = canonicalize(signature)
    _refuse_algorithms(octets)
    parts = _picked(octets)
    expected = template.signature(
        parts.signed_info, parts.signed_properties, parts.value, parts.certificates
    )
    if octets != expected:
        raise _refused(_departure(octets, expected))
    return parts


def _refuse_algorithms(octets: bytes) -> None:
    """Refuse what is on no list: HMAC, SHA-1, inclusive C14N, XSLT, XPath."""
    if not _ALLOWED.issuperset(_attributes(octets, _ALGORITHM)):
        raise SigningError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place="Algorithm")


def _picked(octets: bytes) -> SignatureParts:
    """Pick the values out; whether they stood in their places is seen afterwards."""
    uris = [uri.decode() for uri in _attributes(octets, _URI)[:-1]]
    mime_types = tuple(text.decode() for text in _texts(octets, _MIME_TYPE))
    certificates = tuple(map(_decoded, _texts(octets, _CERTIFICATE)))
    digests = tuple(map(_decoded, _texts(octets, _DIGEST_VALUE)))
    count = len(uris)
    if not (
        1 <= count == len(mime_types) <= MAXIMUM_OBJECTS
        and 1 <= len(certificates) <= MAXIMUM_CERTIFICATES
        and len(digests) == count + 1 + len(certificates)
    ):
        raise _refused("ds:Signature")
    if not all(map(MIME_TYPE_FORM.fullmatch, mime_types)):
        raise _refused("xades:MimeType")
    objects = tuple(map(SignedObject, uris, digests, mime_types))
    info = Info(_scheme(octets), objects, digests[count])
    properties = Properties(_time(octets), digests[count + 1 :], mime_types)
    return SignatureParts(
        info,
        template.signed_info(info),
        properties,
        template.signed_properties(properties),
        _decoded(_only(_SIGNATURE_VALUE, octets)),
        certificates,
    )


def _attributes(octets: bytes, begin: bytes) -> list[bytes]:
    return [rest.partition(b'"')[0] for rest in octets.split(begin)[1:]]


def _texts(octets: bytes, begin: bytes) -> list[bytes]:
    return [rest.partition(b"<")[0] for rest in octets.split(begin)[1:]]


def _scheme(octets: bytes) -> SignatureScheme:
    try:
        return scheme_of_uri(_only(_METHOD, octets).decode())
    except PkiError as error:
        raise SigningError(error.code, place="ds:SignatureMethod") from error


def _time(octets: bytes) -> datetime:
    try:
        return parse_utc(_only(_TIME, octets).decode())
    except SchemaError as error:
        raise _refused("xades:SigningTime") from error


def _only(pattern: re.Pattern[bytes], octets: bytes) -> bytes:
    found = pattern.search(octets)
    if found is None:
        raise _refused("ds:Signature")
    return found.group(1)


def _decoded(text: bytes) -> bytes:
    """Decode base64; other spellings than the one are seen when it is written again."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise _refused("base64") from error


def _departure(octets: bytes, expected: bytes) -> str:
    """Name the element in which `octets` departs from what was expected."""
    pairs = zip(octets, expected, strict=False)
    equal = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    names = _ELEMENT.findall(octets[: equal + 1])
    return names[-1].decode() if names else "ds:Signature"


def _refused(place: str) -> SigningError:
    return SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place=place)
