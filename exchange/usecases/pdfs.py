"""Which attachments are PDF files, and what stands on their first pages."""

from collections.abc import Iterator

from exchange.errors import ExchangeError
from exchange.services import PdfReader
from schemas.edxml.content_type import media_type
from schemas.edxml.scanned import ScannedAttachment
from schemas.edxml.secrecy import is_secrecy_mark_line
from schemas.errors import ErrorCode

_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024  # Adobe's implementation note 13 to PDF 1.7, annex H
_END = b"%%EOF"
_END_WITHIN = 1024  # the same, note 18


def starts_as_pdf(content: Iterator[bytes]) -> bool:
    """Tell whether content begins as a PDF does, whatever it is called."""
    return _HEADER in _beginning(content)[:_HEADER_WITHIN]


def is_called_pdf(scanned: ScannedAttachment) -> bool:
    """Tell whether the sender says that an attachment is a PDF."""
    by_type = media_type(scanned.content_type) == "application/pdf"
    return by_type or scanned.name.lower().endswith(".pdf")


def require_whole(data: bytes) -> None:
    """Require that a PDF was not cut off on its way (ISO 32000-1 7.5.5).

    Raises:
        ExchangeError: its end is missing (PDF_MALFORMED).
    """
    if _END not in data[-_END_WITHIN:]:
        raise ExchangeError(ErrorCode.PDF_MALFORMED, place="end of file")


def pdf_bytes(content: Iterator[bytes], *, limit: int) -> bytes:
    """Return the whole bytes of a PDF.

    Raises:
        ExchangeError: larger than a worker may be given (LIMIT_EXCEEDED).
    """
    whole = bytearray()
    for piece in content:
        whole += piece
        if len(whole) > limit:
            raise ExchangeError(ErrorCode.LIMIT_EXCEEDED)
    return bytes(whole)


def _beginning(content: Iterator[bytes]) -> bytearray:
    """Take pieces until the header of a PDF would have come."""
    first = bytearray()
    for piece in content:
        first += piece
        if len(first) >= _HEADER_WITHIN:
            break
    return first


async def bears_secrecy_stamp(pdfs: PdfReader, data: bytes) -> bool:
    """Tell whether a line of the first page is a secrecy mark (invariant 6).

    Raises:
        SigningError: the page could not be read.
    """
    return any(map(is_secrecy_mark_line, await pdfs.first_page_lines(data)))
