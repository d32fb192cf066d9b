"""The text of the first page, where a secrecy stamp stands (invariant 6).

Read by PDFium, a native library with a history of memory faults: in a worker only.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import pypdfium2

from schemas.errors import ErrorCode
from signing.errors import SigningError

_MAX_LINES = 2000
_MAX_CHARACTERS = 200_000
_PASSWORD_ERROR = 4
"""FPDF_ERR_PASSWORD in PDFium's fpdfview.h."""

_NOT_ENCRYPTED = -1
"""A file may be encrypted and open without a password all the same."""


def first_page_lines(data: bytes) -> tuple[str, ...]:
    """Return the lines of text of page 1, without the blank ones.

    Raises:
        SigningError: PDF_MALFORMED; PDF_ENCRYPTED.
    """
    with opened(data) as document:
        return lines_of_first_page(document)


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """Open a document that is not empty.

    Raises:
        SigningError: PDF_MALFORMED; PDF_ENCRYPTED.
    """
    try:
        with closing(pypdfium2.PdfDocument(data)) as document:
            revision = pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document)
            if revision != _NOT_ENCRYPTED:
                raise SigningError(ErrorCode.PDF_ENCRYPTED)
            if not len(document):
                raise SigningError(ErrorCode.PDF_MALFORMED, place="page 1")
            yield document
    except pypdfium2.PdfiumError as error:
        raise SigningError(_code_of(error)) from error


def lines_of_first_page(document: Any) -> tuple[str, ...]:
    """Return the lines of text of page 1 of an opened document, without blank ones."""
    lines = (line.strip() for line in _first_page_text(document).splitlines())
    return tuple(islice((line for line in lines if line), _MAX_LINES))


def _first_page_text(document: Any) -> str:
    with closing(document[0]) as page, closing(page.get_textpage()) as text:
        count = min(text.count_chars(), _MAX_CHARACTERS)
        return str(text.get_text_range(0, count))


def _code_of(error: pypdfium2.PdfiumError) -> ErrorCode:
    if getattr(error, "err_code", None) == _PASSWORD_ERROR:
        return ErrorCode.PDF_ENCRYPTED
    return ErrorCode.PDF_MALFORMED
