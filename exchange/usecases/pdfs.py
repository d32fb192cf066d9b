"""Which attachments are PDF files, and what stands on their first pages."""

from collections.abc import Iterator

from exchange.errors import ExchangeError
from exchange.services import PdfReader
from schemas.edxml.secrecy import is_secrecy_mark_line
from schemas.errors import ErrorCode
from schemas.pdf_file import PDF_HEADER_WITHIN, has_pdf_end, has_pdf_header


def starts_as_pdf(content: Iterator[bytes]) -> bool:
    """Tell whether content begins as a PDF does, whatever it is called."""
    return has_pdf_header(_beginning(content))


def require_whole(data: bytes) -> None:
    """Require that a PDF was not cut off on its way (ISO 32000-1 7.5.5).

    Raises:
        ExchangeError: its end is missing (PDF_MALFORMED).
    """
    if not has_pdf_end(data):
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
        if len(first) >= PDF_HEADER_WITHIN:
            break
    return first


async def bears_secrecy_stamp(pdfs: PdfReader, data: bytes) -> bool:
    """Tell whether a line of the first page is a secrecy mark (invariant 6).

    Raises:
        SigningError: the page could not be read.
    """
    return any(map(is_secrecy_mark_line, await pdfs.first_page_lines(data)))
