"""Writes attachments into the XML, as systems without multipart expect them.

The attachments stand outside the envelope and are spliced into the bytes, so that a
signed envelope stays what it was.
"""

import base64
import hashlib
import html
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from schemas import xml as markup
from schemas.edxml.document import Attachment
from schemas.errors import ErrorCode, SchemaError

_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENCODED = markup.qualified(markup.QCVN, "AttachmentEncoded")


def carried(attachment: Attachment, *, zipped: bool) -> bytes:
    """Return the bytes that are base64-encoded and that the sender signs.

    The archive is the same every time: one entry named after the content's digest,
    with the extension of the attachment's name.
    """
    if not zipped:
        return attachment.content
    name = hashlib.sha256(attachment.content).hexdigest()[:32]
    suffix = PurePosixPath(attachment.name).suffix
    extension = suffix if _EXTENSION.fullmatch(suffix) else ""
    entry = zipfile.ZipInfo(name + extension, _ENTRY_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # the same bytes on every system
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(entry, attachment.content, compresslevel=6)
    return written.getvalue()


def with_inline_attachments(
    xml: bytes, attachments: Sequence[Attachment], *, zipped: bool = True
) -> bytes:
    """Return `xml` with the attachments appended inside its root element.

    Raises:
        SchemaError: `xml` is none, carries attachments already, or a text holds a
            character XML cannot carry.
    """
    root = markup.parse(xml)
    end = xml.rfind(b"</")
    if end < 0 or markup.children(root, _ENCODED, "AttachmentEncoded"):
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="AttachmentEncoded")
    if not attachments:
        return xml
    return b"".join((xml[:end], *_encoded(attachments, zipped=zipped), xml[end:]))


def _encoded(attachments: Sequence[Attachment], *, zipped: bool) -> list[bytes]:
    pieces = [f'<AttachmentEncoded xmlns="{markup.QCVN}">'.encode()]
    for attachment in attachments:
        pieces += _attachment(attachment, zipped=zipped)
    return [*pieces, b"</AttachmentEncoded>"]


def _attachment(attachment: Attachment, *, zipped: bool) -> list[bytes]:
    return [
        b"<Attachment>",
        _element("ContentId", attachment.content_id),
        _element("AttachmentName", attachment.name),
        _element("Description", attachment.description),
        _element(
            "ContentType", "application/zip" if zipped else attachment.content_type
        ),
        b"<ContentTransferEncoded>",
        base64.b64encode(carried(attachment, zipped=zipped)),
        b"</ContentTransferEncoded></Attachment>",
    ]


def _element(name: str, text: str) -> bytes:
    if _NOT_XML.search(text):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=name)
    escaped = html.escape(text, quote=False).replace("\r", "&#13;")
    return f"<{name}>{escaped}</{name}>".encode()
