"""Sign an envelope, or a document of this project, with one XAdES-B-B profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pki.algorithms import default_scheme
from pki.certificates import der_of, fingerprint_of
from pki.keys.api import Credential, SignatureScheme, SigningKey
from schemas.canonical import Record
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
from signing.xmldsig.identifiers import (
    refuse_repeated_ids,
    refuse_repeats,
    signed_id,
    usable_id,
)
from signing.xmldsig.place import envelope_place, is_signed, root_place
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
class Signatory:
    """Who signs and how, with what is the same in each of its signatures.

    Args:
        key: signs.
        scheme: how.
        certificates: DER, the signer's first; they go into every signature.
        certificate_digests: SHA-256 of each.
    """

    key: SigningKey
    scheme: SignatureScheme
    certificates: tuple[bytes, ...]
    certificate_digests: tuple[bytes, ...]

    @classmethod
    def of(
        cls, credential: Credential, scheme: SignatureScheme | None = None
    ) -> "Signatory":
        """Return who signs with `credential`, by its key's default if not `scheme`."""
        certificates = (credential.certificate, *credential.chain)
        return cls(
            credential.key,
            scheme or default_scheme(credential.key.public_key),
            tuple(map(der_of, certificates)),
            tuple(map(fingerprint_of, certificates)),
        )


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
    payload = _payload(signed_id(place.signed), canonicalize(place.signed))
    objects = (payload, *attached)
    _require_room(root, objects)
    signature = _signature(objects, Signatory.of(credential, scheme), at)
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
    objects = (_payload(signed_id(place.signed), octets),)
    _require_room(root, objects)
    return _document(octets, _signature(objects, Signatory.of(credential, scheme), at))


def sign_record(record: Record, *, signatory: Signatory, at: datetime) -> bytes:
    """Return the document of `record` with a signature as its last child.

    Its form leaves no place for a signature or a second identifier, so neither is
    looked for.

    Args:
        record: a record of this project, written as canonical text.
        signatory: signs.
        at: the signing time that is claimed.

    Raises:
        SigningError: its ``Id`` cannot be used, or is one of the signature's.
        PkiError: the key does not sign.
    """
    objects = (_payload(usable_id(record.identifier), record.octets),)
    refuse_repeats((record.identifier, *template.identifiers(len(objects))))
    return _document(record.octets, _signature(objects, signatory, at))


def _payload(identifier: str, octets: bytes) -> SignedObject:
    """Name the signed element by the digest of its canonical octets."""
    return SignedObject(f"#{identifier}", sha256(octets).digest(), XML_MIME_TYPE)


def _require_room(root: Element, objects: Sequence[SignedObject]) -> None:
    """Require that a signature over `objects` may be added to a document.

    Raises:
        SigningError: it has one, or would have an identifier twice.
    """
    if is_signed(root):
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place="ds:Signature")
    refuse_repeated_ids(root, also=template.identifiers(len(objects)))


def _document(octets: bytes, signature: bytes) -> bytes:
    """Return the document of canonical octets with a signature as the last child.

    They end with the end tag of their root: the signature goes before.
    """
    end = octets.rindex(b"</")
    return DECLARATION + octets[:end] + signature + octets[end:]


def _signature(
    objects: tuple[SignedObject, ...], signatory: Signatory, at: datetime
) -> bytes:
    """Return a signature over `objects`."""
    mime_types = tuple([signed.mime_type for signed in objects])
    properties = template.Properties(at, signatory.certificate_digests, mime_types)
    signed_properties = template.signed_properties(properties)
    info = template.Info(signatory.scheme, objects, sha256(signed_properties).digest())
    signed_info = template.signed_info(info)
    value = sign_value(signatory.key, signatory.scheme, signed_info)
    return template.signature(
        signed_info, signed_properties, value, signatory.certificates
    )


def _mime_types(envelope: Element) -> dict[str, str]:
    """Read what the envelope's manifest says its attachments are."""
    found = {}
    for reference in envelope.iter(_MANIFEST_REFERENCE):
        content_id = text_of(only_child(reference, _CONTENT_ID)).removeprefix(CID)
        mime_type = text_of(only_child(reference, _CONTENT_TYPE))
        if MIME_TYPE_FORM.fullmatch(mime_type):
            found[content_id] = mime_type
    return found
