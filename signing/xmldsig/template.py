"""The text of a signature, written in exclusive canonical form from the start.

Each fragment is its own canonical octets (RFC 3741): namespaces declared where first
used, attributes in order, no empty-element tags. So what is digested and signed is
the text itself, and no tree is built or walked to sign.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
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
    SIGNED_PROPERTIES_TYPE,
)

SIGNATURE_ID = "signature-1"
SIGNED_PROPERTIES_ID = "signed-properties-1"

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


def signed_properties(
    certificates: Iterable[bytes], objects: Sequence[SignedObject], at: datetime
) -> bytes:
    """Return SignedProperties over the SHA-256 digests of `certificates`."""
    cited = "".join(
        "<xades:Cert><xades:CertDigest>"
        f"{_digest(sha256, _DS_DECLARED)}"
        "</xades:CertDigest></xades:Cert>"
        for sha256 in certificates
    )
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#{_reference_id(number)}">'
        f"<xades:MimeType>{signed.mime_type}</xades:MimeType>"
        "</xades:DataObjectFormat>"
        for number, signed in enumerate(objects, start=1)
    )
    return (
        f'<xades:SignedProperties{_XADES_DECLARED} Id="{SIGNED_PROPERTIES_ID}">'
        "<xades:SignedSignatureProperties>"
        f"<xades:SigningTime>{format_utc(at)}</xades:SigningTime>"
        f"<xades:SigningCertificateV2>{cited}</xades:SigningCertificateV2>"
        "</xades:SignedSignatureProperties>"
        f"<xades:SignedDataObjectProperties>{formats}"
        "</xades:SignedDataObjectProperties></xades:SignedProperties>"
    ).encode()


def signed_info(
    scheme: SignatureScheme, objects: Sequence[SignedObject], properties_sha256: bytes
) -> bytes:
    """Return SignedInfo: one reference per object, then the signed properties."""
    references = "".join(
        f'<ds:Reference Id="{_reference_id(number)}" URI="{signed.uri}">'
        f"{_transforms(signed.uri)}{_digest(signed.sha256)}</ds:Reference>"
        for number, signed in enumerate(objects, start=1)
    )
    method = SCHEMES[scheme].xml_uri
    return (
        f"<ds:SignedInfo{_DS_DECLARED}>"
        f"{_algorithm('CanonicalizationMethod', EXCLUSIVE_C14N)}"
        f"{_algorithm('SignatureMethod', method)}{references}"
        f'<ds:Reference Type="{SIGNED_PROPERTIES_TYPE}" URI="#{SIGNED_PROPERTIES_ID}">'
        f"<ds:Transforms>{_algorithm('Transform', EXCLUSIVE_C14N)}</ds:Transforms>"
        f"{_digest(properties_sha256)}</ds:Reference></ds:SignedInfo>"
    ).encode()


def signature(
    info: bytes, value: bytes, certificates: Iterable[bytes], properties: bytes
) -> bytes:
    """Return the whole ``ds:Signature`` around its signed parts."""
    carried = "".join(
        f"<ds:X509Certificate>{_base64(der)}</ds:X509Certificate>"
        for der in certificates
    )
    return (
        f'<ds:Signature{_DS_DECLARED} Id="{SIGNATURE_ID}">{info.decode()}'
        f"<ds:SignatureValue>{_base64(value)}</ds:SignatureValue>"
        f"<ds:KeyInfo><ds:X509Data>{carried}</ds:X509Data></ds:KeyInfo>"
        f"<ds:Object><xades:QualifyingProperties{_XADES_DECLARED}"
        f' Target="#{SIGNATURE_ID}">{properties.decode()}'
        "</xades:QualifyingProperties></ds:Object></ds:Signature>"
    ).encode()


def _transforms(uri: str) -> str:
    """State the transforms of a same-document reference; octets have none."""
    if not uri.startswith("#"):
        return ""
    chain = (ENVELOPED, EXCLUSIVE_C14N)
    stated = "".join(_algorithm("Transform", algorithm) for algorithm in chain)
    return f"<ds:Transforms>{stated}</ds:Transforms>"


def _digest(sha256: bytes, declared: str = "") -> str:
    return (
        f'<ds:DigestMethod{declared} Algorithm="{SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue{declared}>{_base64(sha256)}</ds:DigestValue>"
    )


def _algorithm(name: str, uri: str) -> str:
    return f'<ds:{name} Algorithm="{uri}"></ds:{name}>'


def _reference_id(number: int) -> str:
    return f"reference-{number}"


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")
