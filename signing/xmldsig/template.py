"""The text of a signature, written in exclusive canonical form from the start.

Each text is its own canonical octets (RFC 3741): namespaces declared where they are
first used, attributes in order, no empty-element tags. So what is digested and signed
is the text itself, and no tree is built or walked. SignedInfo and SignedProperties are
written alone, which is the form that is signed or digested; inside the signature the
namespaces are known already, and the same text stands without their declarations.
"""

from binascii import b2a_base64
from dataclasses import dataclass
from datetime import datetime

from pki.algorithms import SCHEMES
from pki.keys.api import SignatureScheme
from schemas.timestamps import format_utc
from schemas.xml import DS, XADES
from signing.xmldsig.profile import (
    ENVELOPED,
    EXCLUSIVE_C14N,
    SHA256,
    SIGNATURE_ID,
    SIGNED_PROPERTIES_ID,
    SIGNED_PROPERTIES_TYPE,
)

_DS_DECLARED = f' xmlns:ds="{DS}"'
_XADES_DECLARED = f' xmlns:xades="{XADES}"'


@dataclass(frozen=True, slots=True)
class SignedObject:
    """One object a signature covers, besides its own properties.

    Args:
        uri: ``#Id`` of the signed element, or ``cid:`` of an attachment.
        sha256: digest of its octets.
        mime_type: what the octets are.
    """

    uri: str
    sha256: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class Properties:
    """What a signature says of itself.

    Args:
        at: the signing time that is claimed.
        certificate_digests: SHA-256 of its certificates, the signer's first.
        mime_types: of the signed objects, in the order of their references.
    """

    at: datetime
    certificate_digests: tuple[bytes, ...]
    mime_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Info:
    """What a signature value is over.

    Args:
        scheme: how it is signed.
        objects: the signed element, then the attachments.
        properties_sha256: digest of the signed properties.
    """

    scheme: SignatureScheme
    objects: tuple[SignedObject, ...]
    properties_sha256: bytes


def signed_properties(properties: Properties) -> bytes:
    """Return the octets of SignedProperties that are digested."""
    cited = "".join(
        "<xades:Cert><xades:CertDigest>"
        f"{_digest(sha256, _DS_DECLARED)}"
        "</xades:CertDigest></xades:Cert>"
        for sha256 in properties.certificate_digests
    )
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#reference-{number}">'
        f"<xades:MimeType>{mime_type}</xades:MimeType>"
        "</xades:DataObjectFormat>"
        for number, mime_type in enumerate(properties.mime_types, start=1)
    )
    return (
        f'<xades:SignedProperties{_XADES_DECLARED} Id="{SIGNED_PROPERTIES_ID}">'
        "<xades:SignedSignatureProperties>"
        f"<xades:SigningTime>{format_utc(properties.at)}</xades:SigningTime>"
        f"<xades:SigningCertificateV2>{cited}</xades:SigningCertificateV2>"
        "</xades:SignedSignatureProperties>"
        f"<xades:SignedDataObjectProperties>{formats}"
        "</xades:SignedDataObjectProperties></xades:SignedProperties>"
    ).encode()


def signed_info(info: Info) -> bytes:
    """Return the octets of SignedInfo that are signed."""
    references = "".join(
        f'<ds:Reference Id="reference-{number}" URI="{signed.uri}">'
        f"{'' if number > 1 else _PAYLOAD_TRANSFORMS}"
        f"{_digest(signed.sha256)}</ds:Reference>"
        for number, signed in enumerate(info.objects, start=1)
    )
    return (
        f"<ds:SignedInfo{_DS_DECLARED}>{_CANONICALIZATION}"
        f"{_algorithm('SignatureMethod', SCHEMES[info.scheme].xml_uri)}{references}"
        f'<ds:Reference Type="{SIGNED_PROPERTIES_TYPE}" URI="#{SIGNED_PROPERTIES_ID}">'
        f"{_PROPERTIES_TRANSFORMS}{_digest(info.properties_sha256)}</ds:Reference>"
        "</ds:SignedInfo>"
    ).encode()


def identifiers(objects: int) -> tuple[str, ...]:
    """Return every identifier in a signature that covers as many objects."""
    references = (f"reference-{number}" for number in range(1, objects + 1))
    return (SIGNATURE_ID, SIGNED_PROPERTIES_ID, *references)


def signature(
    info: bytes, properties: bytes, value: bytes, certificates: tuple[bytes, ...]
) -> bytes:
    """Return the whole ``ds:Signature``.

    Args:
        info: as `signed_info` gives it.
        properties: as `signed_properties` gives it.
        value: the signature over `info`.
        certificates: the signer's first.
    """
    carried = "".join(
        f"<ds:X509Certificate>{_base64(der)}</ds:X509Certificate>"
        for der in certificates
    )
    return (
        f'<ds:Signature{_DS_DECLARED} Id="{SIGNATURE_ID}">{_undeclared(info)}'
        f"<ds:SignatureValue>{_base64(value)}</ds:SignatureValue>"
        f"<ds:KeyInfo><ds:X509Data>{carried}</ds:X509Data></ds:KeyInfo>"
        f"<ds:Object><xades:QualifyingProperties{_XADES_DECLARED}"
        f' Target="#{SIGNATURE_ID}">{_undeclared(properties)}'
        "</xades:QualifyingProperties></ds:Object></ds:Signature>"
    ).encode()


def _undeclared(alone: bytes) -> str:
    """Return a text as it stands where its namespaces are declared above it.

    No value in it holds a quotation mark, so what is taken out are declarations.
    """
    return alone.decode().replace(_DS_DECLARED, "").replace(_XADES_DECLARED, "")


def _digest(sha256: bytes, declared: str = "") -> str:
    return (
        f'<ds:DigestMethod{declared} Algorithm="{SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue{declared}>{_base64(sha256)}</ds:DigestValue>"
    )


def _algorithm(name: str, uri: str) -> str:
    return f'<ds:{name} Algorithm="{uri}"></ds:{name}>'


def _transforms(*algorithms: str) -> str:
    stated = "".join(_algorithm("Transform", uri) for uri in algorithms)
    return f"<ds:Transforms>{stated}</ds:Transforms>"


def _base64(octets: bytes) -> str:
    return b2a_base64(octets, newline=False).decode("ascii")


_CANONICALIZATION = _algorithm("CanonicalizationMethod", EXCLUSIVE_C14N)
_PAYLOAD_TRANSFORMS = _transforms(ENVELOPED, EXCLUSIVE_C14N)
_PROPERTIES_TRANSFORMS = _transforms(EXCLUSIVE_C14N)
