"""What an envelope's XML says of its attachments: in the manifest and beside them."""

from collections.abc import Mapping

from schemas import xml
from schemas.edxml.names import without_cid
from schemas.edxml.wrapping import Declared
from schemas.errors import ErrorCode, SchemaError

_HREF = xml.qualified(xml.XLINK, "href")


def declared_inline(root: xml.Element) -> tuple[Declared, ...]:
    """Return what stands beside each inline content, in document order.

    Raises:
        SchemaError: an Attachment without content or with two (SCHEMA_VIOLATION).
    """
    return tuple(
        _inline(attachment)
        for encoded in _children(root, "AttachmentEncoded")
        for attachment in _children(encoded, "Attachment")
    )


def declared_in_manifest(root: xml.Element) -> Mapping[str, Declared]:
    """Return what the manifest says, by content id.

    Raises:
        SchemaError: an element stands twice or holds more than text.
    """
    found = [
        _from_manifest(reference)
        for manifest in root.iter(xml.qualified(xml.QCVN, "edXMLManifest"))
        for reference in _children(manifest, "Reference")
    ]
    return {one.content_id: one for one in found}


def _inline(attachment: xml.Element) -> Declared:
    if len(_children(attachment, "ContentTransferEncoded")) != 1:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="Attachment")
    return Declared(
        content_id=without_cid(_text(attachment, "ContentId")),
        name=_text(attachment, "AttachmentName"),
        content_type=_text(attachment, "ContentType"),
    )


def _from_manifest(reference: xml.Element) -> Declared:
    content_id = _text(reference, "ContentId") or reference.get(_HREF, "")
    return Declared(
        content_id=without_cid(content_id),
        name=_text(reference, "AttachmentName"),
        content_type=_text(reference, "ContentType"),
    )


def _children(element: xml.Element, name: str) -> list[xml.Element]:
    """Return the children called `name`, in the edXML namespace or in none."""
    return xml.children(element, xml.qualified(xml.QCVN, name), name)


def _text(element: xml.Element, name: str) -> str:
    found = xml.only_child(element, xml.qualified(xml.QCVN, name), name)
    return xml.text_of(found)
