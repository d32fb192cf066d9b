"""Envelope bodies in both forms, and scanning them."""

import base64
import io
import random
import zipfile
from collections.abc import Iterable, Sequence
from itertools import pairwise

from schemas.edxml.body import BodyLimits, BodyScanner, ScannedBody
from schemas.edxml.document import Attachment
from schemas.xml import QCVN

PDF = b"%PDF-1.7\n" + random.Random(7).randbytes(3000) + b"\n%%EOF\n"
INLINE = "application/xml"


def attachment(
    content_id: str = "cid-1",
    *,
    name: str = "Quyết định 12.pdf",
    content_type: str = "application/pdf",
    content: bytes = PDF,
) -> Attachment:
    """One attachment, a PDF unless told otherwise."""
    return Attachment(
        content_id=content_id, name=name, content_type=content_type, content=content
    )


def envelope(*attachments: Attachment) -> bytes:
    """The XML of an envelope whose manifest names `attachments`."""
    references = "".join(
        f"<edXML:Reference><edXML:ContentId>cid:{one.content_id}</edXML:ContentId>"
        f"<edXML:ContentType>{one.content_type}</edXML:ContentType>"
        f"<edXML:AttachmentName>{one.name}</edXML:AttachmentName></edXML:Reference>"
        for one in attachments
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<edXML:edXML xmlns:edXML="{QCVN}">'
        "<edXML:edXMLEnvelope note='a > b \"c\"'><edXML:edXMLHeader>"
        "<edXML:Subject>Về việc họp &amp; bàn</edXML:Subject></edXML:edXMLHeader>"
        f"<edXML:edXMLBody><edXML:edXMLManifest>{references}</edXML:edXMLManifest>"
        "</edXML:edXMLBody></edXML:edXMLEnvelope></edXML:edXML>\n"
    ).encode()


def encoded(
    content: bytes | str,
    *,
    name: str = "a.pdf",
    content_type: str = "application/zip",
    content_id: str = "cid-1",
) -> str:
    """An inline Attachment element; text is taken as it is, bytes as base64."""
    text = content if isinstance(content, str) else base64.b64encode(content).decode()
    return (
        f"<Attachment><ContentId>{content_id}</ContentId>"
        f"<AttachmentName>{name}</AttachmentName>"
        f"<ContentType>{content_type}</ContentType>"
        f"<ContentTransferEncoded>{text}</ContentTransferEncoded></Attachment>"
    )


def inline_body(*attachments: str) -> bytes:
    """A small inline body around ready-made Attachment elements."""
    return (
        f'<edXML xmlns="{QCVN}"><edXMLEnvelope/>'
        f"<AttachmentEncoded>{''.join(attachments)}</AttachmentEncoded></edXML>"
    ).encode()


def archive(
    entries: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A zip archive as Python writes it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as made:
        for name, content in entries:
            # Of a fixed time: the same entries make the same archive.
            made.writestr(zipfile.ZipInfo(name), content, method)
    return written.getvalue()


def streamed_archive(name: str, content: bytes) -> bytes:
    """A zip archive written to a stream: sizes stand in a descriptor after the data."""

    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            piece = bytes(memoryview(data))  # type: ignore[arg-type]  # any buffer
            self.written += piece
            return len(piece)

    sink = Unseekable()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return bytes(sink.written)


def scan(
    content_type: str,
    body: bytes | Iterable[bytes],
    limits: BodyLimits | None = None,
) -> ScannedBody:
    """Scan a body given whole or in pieces."""
    scanner = BodyScanner(content_type, limits or BodyLimits())
    for piece in [body] if isinstance(body, bytes) else body:
        scanner.feed(piece)
    return scanner.finish()


def pieces(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Cut `body` at `cuts`."""
    edges = [0, *sorted(cuts), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]
