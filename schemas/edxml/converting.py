"""The other form of a body: what stands around its attachments, as a plan.

The bytes of `edXMLEnvelope` are copied, never written anew, so a signature that was
made in one form verifies in the other. Only the plan is in memory, not the contents.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.edxml.content_type import MULTIPART, disposition
from schemas.edxml.multipart import ENVELOPE_CONTENT_ID
from schemas.edxml.names import without_cid
from schemas.edxml.scanned import ScannedAttachment, ScannedBody
from schemas.xml import QCVN

XML = "application/xml"
_ENVELOPE_END = re.compile(rb"</(?:[\w.-]+:)?edXMLEnvelope\s*>")
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,255}")
_HEADER_TEXT = re.compile(r"[ -~]{1,255}")
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ZIP, _OCTETS = "application/zip", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Converted:
    """A body in another form.

    Args:
        pieces: bytes, and the attachments whose carried bytes stand between them.
        in_base64: how attachments are carried.
    """

    content_type: str
    pieces: tuple[bytes | ScannedAttachment, ...]
    in_base64: bool


def form_of_body(content_type: str) -> str:
    """Return which of the two forms a body has."""
    is_parts = content_type.strip().lower().startswith(MULTIPART)
    return MULTIPART if is_parts else XML


def converted(scanned: ScannedBody, form: str) -> Converted | None:
    """Plan the form asked for; None where it cannot say what the body says.

    Args:
        scanned: the body in the form it was sent.
        form: `XML` or `MULTIPART`.
    """
    cut = _around_attachments(scanned.xml)
    if cut is None or not all(map(_can_be_named, scanned.attachments)):
        return None
    start, end = cut
    if form == XML:
        return Converted(XML, tuple(_inline(start, end, scanned)), in_base64=True)
    boundary = f"lienthong-{scanned.sha256[:40]}"
    content_type = (
        f'{MULTIPART}; type="{XML}"; start="<{ENVELOPE_CONTENT_ID}>"; '
        f'boundary="{boundary}"'
    )
    pieces = tuple(_parts(start + end, boundary, scanned))
    return Converted(content_type, pieces, in_base64=False)


def _around_attachments(xml: bytes) -> tuple[bytes, bytes] | None:
    """Return what stands before and after the place of inline attachments."""
    ends = list(_ENVELOPE_END.finditer(xml))
    root_end = xml.rfind(b"</")
    if len(ends) != 1 or b"AttachmentEncoded" in xml[: ends[0].start()]:
        return None
    return xml[: ends[0].end()], xml[root_end:]


def _can_be_named(one: ScannedAttachment) -> bool:
    """Tell whether an attachment has the same names in either form, and no other one.

    The XML part has an id too, and what looks like ``cid:`` is taken off an id.
    """
    texts = (one.content_id, one.name, one.content_type)
    return (
        bool(_CONTENT_ID.fullmatch(one.content_id))
        and one.content_id != ENVELOPE_CONTENT_ID
        and without_cid(one.content_id) == one.content_id
        and not any(map(_NOT_XML.search, texts))
    )


def _inline(
    start: bytes, end: bytes, scanned: ScannedBody
) -> Iterator[bytes | ScannedAttachment]:
    yield start
    if scanned.attachments:
        yield f'<AttachmentEncoded xmlns="{QCVN}">'.encode()
    for one in scanned.attachments:
        named = (
            ("ContentId", one.content_id),
            ("AttachmentName", one.name),
            ("Description", ""),
            ("ContentType", _carried_type(one)),
        )
        fields = "".join(f"<{name}>{_escaped(text)}</{name}>" for name, text in named)
        yield f"<Attachment>{fields}<ContentTransferEncoded>".encode()
        yield one
        yield b"</ContentTransferEncoded></Attachment>"
    if scanned.attachments:
        yield b"</AttachmentEncoded>"
    yield end


def _parts(
    xml: bytes, boundary: str, scanned: ScannedBody
) -> Iterator[bytes | ScannedAttachment]:
    yield _headers(boundary, f"{XML}; charset=UTF-8", ENVELOPE_CONTENT_ID)[2:]
    yield xml
    for one in scanned.attachments:
        kind = _carried_type(one)
        named = kind if _HEADER_TEXT.fullmatch(kind) else _OCTETS
        shown = f"Content-Disposition: {disposition(one.name)}"
        yield _headers(boundary, named, one.content_id, shown)
        yield one
    yield f"\r\n--{boundary}--\r\n".encode("ascii")


def _headers(boundary: str, content_type: str, content_id: str, *more: str) -> bytes:
    lines = (
        f"\r\n--{boundary}",
        f"Content-Type: {content_type}",
        f"Content-ID: <{content_id}>",
        "Content-Transfer-Encoding: binary",
        *more,
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def _carried_type(one: ScannedAttachment) -> str:
    return _ZIP if one.zipped else one.content_type


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\r", "&#13;")
