"""Sign an envelope, or a document of this project, with one XAdES-B-B profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pki.algorithms import default_scheme
from pki.certificates import der_of, fingerprint_of
from pki.keys.api import Credential, SignatureScheme
from schemas.errors import ErrorCode
from schemas.xml import (
    DECLARATION,
    QCVN,
    Element,
    canonicalize,
    only_child,
    parse,
    parse_canonical,
    qualified,
    serialize,
    text_of,
)
from signing.errors import SigningError
from signing.xmldsig import template
from signing.xmldsig.identifiers import refuse_repeated_ids, signed_id
from signing.xmldsig.place import Place, envelope_place, is_signed, root_place
from signing.xmldsig.profile import (
    CID,
    ENVELOPE_ID,
    MIME_TYPE_FORM,
    UNKNOWN_MIME_TYPE,
    XML_MIME_TYPE,
    attachment_uri,
)
from signing.xmldsig.template import SignedObject
from signing.xmldsig.value import sign_value

_MANIFEST_REFERENCE = qualified(QCVN, "Reference")
_CONTENT_ID = qualified(QCVN, "ContentId")
_CONTENT_TYPE = qualified(QCVN, "ContentType")


@dataclass(frozen=True, slots=True)
class _Act:
    """Who signs, when, and how."""

    credential: Credential
    at: datetime
    scheme: SignatureScheme | None


def sign_envelope(
    xml: bytes,
    *,
    credential: Credential,
    attachments: Sequence[tuple[str, bytes]],
    at: datetime,
    scheme: SignatureScheme | None = None,
) -> bytes:
    """Return the edXML document `xml` with a signature in its header.

    Args:
        xml: an edXML document, with or without inline attachments.
        credential: signs; its certificates go into the signature.
        attachments: content id (without ``cid:``) and SHA-256 of the carried bytes
            (after base64, before unzip), in manifest order.
        at: the signing time that is claimed.
        scheme: how to sign, if not by the key's default.

    Raises:
        SchemaError: `xml` cannot be read.
        SigningError: it is no edXML envelope, or is signed already.
        PkiError: the key does not sign.
    """
    root = parse(xml)
    place = envelope_place(root)
    place.signed.set("Id", place.signed.get("Id", ENVELOPE_ID))
    mime_types = _mime_types(place.signed)
    attached = (
        SignedObject(
            attachment_uri(content_id),
            digest,
            mime_types.get(content_id, UNKNOWN_MIME_TYPE),
        )
        for content_id, digest in attachments
    )
    objects = (*_payload(place, canonicalize(place.signed)), *attached)
    signature = _signature(root, objects, _Act(credential, at, scheme))
    place.parent.append(parse_canonical(signature))
    return serialize(root)


def sign_receipt(
    root: Element,
    *,
    credential: Credential,
    at: datetime,
    scheme: SignatureScheme | None = None,
) -> bytes:
    """Return the document of `root` with a signature as its last child.

    Args:
        root: any element of this project's namespace with an ``Id``; it is left as
            it is.
        credential: signs; its certificates go into the signature.
        at: the signing time that is claimed.
        scheme: how to sign, if not by the key's default.

    Raises:
        SigningError: `root` has no usable ``Id``, or is signed already.
        PkiError: the key does not sign.
    """
    place = root_place(root)
    octets = canonicalize(place.signed)
    signature = _signature(root, _payload(place, octets), _Act(credential, at, scheme))
    # Canonical octets end with the end tag of their root: the signature goes before.
    end = octets.rindex(b"</")
    return DECLARATION + octets[:end] + signature + octets[end:]


def _payload(place: Place, octets: bytes) -> tuple[SignedObject]:
    """Name the signed element by the digest of its canonical octets."""
    digest = sha256(octets).digest()
    uri = f"#{signed_id(place.signed)}"
    return (SignedObject(uri, digest, XML_MIME_TYPE),)


def _signature(root: Element, objects: tuple[SignedObject, ...], act: _Act) -> bytes:
    """Return the signature that belongs into the document of `root`."""
    if is_signed(root):
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place="ds:Signature")
    refuse_repeated_ids(root, also=template.identifiers(len(objects)))
    credential = act.credential
    certificates = (credential.certificate, *credential.chain)
    properties = template.Properties(
        act.at,
        tuple(map(fingerprint_of, certificates)),
        tuple(signed.mime_type for signed in objects),
    )
    scheme = act.scheme or default_scheme(credential.key.public_key)
    signed_properties = template.signed_properties(properties)
    info = template.Info(scheme, objects, sha256(signed_properties).digest())
    signed_info = template.signed_info(info)
    value = sign_value(credential.key, scheme, signed_info)
    carried = tuple(map(der_of, certificates))
    return template.signature(signed_info, signed_properties, value, carried)


def _mime_types(envelope: Element) -> dict[str, str]:
    """Read what the envelope's manifest says its attachments are."""
    found = {}
    for reference in envelope.iter(_MANIFEST_REFERENCE):
        content_id = text_of(only_child(reference, _CONTENT_ID)).removeprefix(CID)
        mime_type = text_of(only_child(reference, _CONTENT_TYPE))
        if MIME_TYPE_FORM.fullmatch(mime_type):
            found[content_id] = mime_type
    return found
