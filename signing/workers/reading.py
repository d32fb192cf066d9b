"""The jobs that read or draw pages of a document; loaded in a worker only."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from signing.pades.text_lines import DocumentText
from signing.validation.drawn import DrawnPage
from signing.validation.first_page import first_page_lines
from signing.validation.page_image import page_image
from signing.validation.page_text import document_text
from signing.workers.protocol import Job, Request, Result


def read_lines(request: Request) -> tuple[str, ...]:
    """Return the lines of text of page 1.

    Raises:
        SigningError: PDF_MALFORMED or PDF_ENCRYPTED.
    """
    return first_page_lines(request.payload)


def read_document(request: Request) -> DocumentText:
    """Return what is printed on the first and the last pages, and where.

    Raises:
        SigningError: PDF_MALFORMED, PDF_ENCRYPTED or LIMIT_EXCEEDED.
    """
    return document_text(request.payload)


def draw_page(request: Request) -> DrawnPage:
    """Return a page as a picture; the instructions are its number.

    Raises:
        SigningError: PDF_MALFORMED or PDF_ENCRYPTED.
    """
    return page_image(request.payload, int(json.loads(request.instructions)))


PERFORMERS: Mapping[Job, Callable[[Request], Result]] = MappingProxyType(
    {
        Job.FIRST_PAGE_LINES: read_lines,
        Job.DOCUMENT_TEXT: read_document,
        Job.DRAW_PAGE: draw_page,
    }
)
