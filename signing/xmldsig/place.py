"""Where a signature stands and what it signs: fixed by position, never searched."""

from dataclasses import dataclass

from schemas.errors import ErrorCode
from schemas.xml import DS, LIENTHONG, QCVN, Element, namespace_of, qualified
from signing.errors import SigningError

SIGNATURE = qualified(DS, "Signature")
_ENVELOPE_ROOT = qualified(QCVN, "edXML")
_ENVELOPE = qualified(QCVN, "edXMLEnvelope")
_HEADER = qualified(QCVN, "edXMLHeader")
_ATTACHMENTS = ("AttachmentEncoded", qualified(QCVN, "AttachmentEncoded"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signature belongs.

    Args:
        signed: the element the signature covers.
        parent: the element the signature is the last child of.
    """

    signed: Element
    parent: Element


def envelope_place(root: Element) -> Place:
    """Return the place of an envelope's signature.

    The root holds one envelope and possibly the encoded attachments, which the
    signature names by digest; anything else beside a signed envelope would be a
    second content for a careless reader.

    Raises:
        SigningError: the document is no edXML, or holds more than that.
    """
    if root.tag != _ENVELOPE_ROOT:
        raise _refused("edXML")
    tags = [child.tag for child in root]
    if tags[:1] != [_ENVELOPE] or not (
        len(tags) == 1 or (len(tags) == 2 and tags[1] in _ATTACHMENTS)
    ):
        raise _refused("edXML")
    envelope = root[0]
    headers = [child for child in envelope if child.tag == _HEADER]
    if len(headers) != 1:
        raise _refused("edXMLHeader")
    return Place(envelope, headers[0])


def root_place(root: Element) -> Place:
    """Return the place of the signature of a receipt, a tree head or a manifest.

    Raises:
        SigningError: the root is none of this project's.
    """
    if namespace_of(root) != LIENTHONG:
        raise _refused("root")
    return Place(root, root)


def is_signed(root: Element) -> bool:
    """Tell whether a ``ds:Signature`` stands anywhere in the document.

    The placeholder signatures some products write in the QCVN namespace are none.
    """
    return next(root.iter(SIGNATURE), None) is not None


def signature_at(root: Element, place: Place) -> Element:
    """Return the one signature of the document, which stands at `place`.

    Raises:
        SigningError: none (SIGNATURE_MISSING), several, or one that is not the last
            child there.
    """
    found = list(root.iter(SIGNATURE))
    if not found:
        raise SigningError(ErrorCode.SIGNATURE_MISSING, place="ds:Signature")
    signature = found[0]
    if len(found) > 1 or place.parent[-1] is not signature or signature.tail:
        raise _refused("ds:Signature")
    return signature


def _refused(place: str) -> SigningError:
    return SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place=place)
