"""Writes an envelope in its preferred form: multipart/related (RFC 2387).

The same content always gives the same bytes, the boundary included, so a retry is
byte for byte what was sent before.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from schemas.edxml.content_type import MULTIPART, disposition, parse_header_value
from schemas.edxml.document import Attachment
from schemas.errors import ErrorCode, SchemaError

ENVELOPE_CONTENT_ID = "edxml-envelope"
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,255}")  # visible ASCII without angle brackets
_HEADER_TEXT = re.compile(r"[ -~]{1,255}")


def encode(xml: bytes, attachments: Sequence[Attachment]) -> tuple[str, bytes]:
    """Return the Content-Type and the body of an envelope with its attachments.

    Raises:
        SchemaError: two attachments with one content id (ATTACHMENT_DUPLICATE), or a
            content id or type that no header can carry (VALUE_MALFORMED).
    """
    _refuse_repeated([ENVELOPE_CONTENT_ID, *(one.content_id for one in attachments)])
    boundary = _boundary(xml, attachments)
    pieces = [*_xml_part(boundary, xml)]
    for attachment in attachments:
        pieces += _attachment_part(boundary, attachment)
    pieces.append(f"\r\n--{boundary}--\r\n".encode("ascii"))
    return _content_type(boundary), b"".join(pieces).removeprefix(b"\r\n")


def _content_type(boundary: str) -> str:
    return (
        f'{MULTIPART}; type="application/xml"; start="<{ENVELOPE_CONTENT_ID}>"; '
        f'boundary="{boundary}"'
    )


def _xml_part(boundary: str, xml: bytes) -> Iterable[bytes]:
    headers = (
        "Content-Type: application/xml; charset=UTF-8",
        f"Content-ID: <{ENVELOPE_CONTENT_ID}>",
        "Content-Transfer-Encoding: binary",
    )
    return _headers(boundary, headers), xml


def _attachment_part(boundary: str, attachment: Attachment) -> Iterable[bytes]:
    if not _HEADER_TEXT.fullmatch(attachment.content_type):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place="ContentType")
    parse_header_value(attachment.content_type)
    headers = (
        f"Content-Type: {attachment.content_type}",
        f"Content-ID: <{_content_id(attachment)}>",
        "Content-Transfer-Encoding: binary",
        f"Content-Disposition: {disposition(attachment.name)}",
    )
    return _headers(boundary, headers), attachment.content


def _headers(boundary: str, headers: Iterable[str]) -> bytes:
    lines = (f"\r\n--{boundary}", *headers, "", "")
    return "\r\n".join(lines).encode("ascii")


def _content_id(attachment: Attachment) -> str:
    if not _CONTENT_ID.fullmatch(attachment.content_id):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place="ContentId")
    return attachment.content_id


def _refuse_repeated(content_ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for content_id in content_ids:
        if content_id in seen:
            raise SchemaError(ErrorCode.ATTACHMENT_DUPLICATE, place=content_id)
        seen.add(content_id)


def _boundary(xml: bytes, attachments: Sequence[Attachment]) -> str:
    """Derive a boundary from the content that occurs nowhere in it."""
    contents = [xml, *(one.content for one in attachments)]
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    while True:
        boundary = f"lienthong-{digest.hexdigest()[:40]}"
        if not any(boundary.encode("ascii") in content for content in contents):
            return boundary
        digest.update(b"again")
