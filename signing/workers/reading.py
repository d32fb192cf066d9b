"""The jobs that read the text of a document; loaded in a worker only."""

from signing.pades.text_lines import DocumentText
from signing.validation.first_page import first_page_lines
from signing.validation.page_text import document_text
from signing.workers.protocol import Request


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
