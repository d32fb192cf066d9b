"""Which attachments are PDF files, and what stands on their first pages."""

from collections.abc import Iterator

from exchange.errors import ExchangeError
from exchange.services import PdfReader
from schemas.edxml.secrecy import is_secrecy_mark_line
from schemas.errors import ErrorCode

_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024  # Adobe's implementation note 13 to PDF 1.7, annex H


def starts_as_pdf(content: Iterator[bytes]) -> bool:
    """Tell whether content begins as a PDF does, whatever it is called."""
    return _HEADER in _beginning(content)[:_HEADER_WITHIN]


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
