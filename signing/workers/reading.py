"""The job that reads the text of the first page; loaded in a worker only."""

from signing.validation.first_page import first_page_lines
from signing.workers.protocol import Request


def read_lines(request: Request) -> tuple[str, ...]:
    """Return the lines of text of page 1.

    Raises:
        SigningError: PDF_MALFORMED or PDF_ENCRYPTED.
    """
    return first_page_lines(request.payload)
