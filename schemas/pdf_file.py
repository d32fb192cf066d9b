"""What tells a PDF file from others: its header, its end, and what it is called.

Source: Adobe's PDF Reference 1.7, appendix H.3, implementation notes 13 and 18.
"""

from schemas.edxml.content_type import media_type

PDF_HEADER = b"%PDF-"
PDF_HEADER_WITHIN = 1024
"""Octets at the start in which readers look for the header (note 13)."""

_END = b"%%EOF"
_END_WITHIN = 1024  # octets at the end (note 18)


def has_pdf_header(data: bytes | bytearray) -> bool:
    """Tell whether data begins as a PDF does, whatever it is called.

    Args:
        data: at least its first `PDF_HEADER_WITHIN` octets, if it has so many.
    """
    return PDF_HEADER in data[:PDF_HEADER_WITHIN]


def has_pdf_end(data: bytes) -> bool:
    """Tell whether a PDF was not cut off on its way (ISO 32000-1 7.5.5)."""
    return _END in data[-_END_WITHIN:]


def is_called_pdf(name: str, content_type: str) -> bool:
    """Tell whether a sender says that a file is a PDF."""
    by_type = media_type(content_type) == "application/pdf"
    return by_type or name.lower().endswith(".pdf")
