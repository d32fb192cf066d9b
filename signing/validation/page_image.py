"""One page of a document as a picture, for somebody who looks at it or signs it.

Drawn by PDFium, a native library with a history of memory faults: in a worker only.
"""

import struct
import zlib
from contextlib import closing
from math import sqrt
from typing import Any

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.drawn import DrawnPage
from signing.validation.first_page import opened

_PIXELS_PER_POINT = 1.5
_MOST_PIXELS = 3_000_000
"""An A4 page has 1.1 million; larger pages are drawn smaller."""


def page_image(data: bytes, number: int) -> DrawnPage:
    """Draw a page.

    Args:
        data: a PDF file.
        number: counted from 1; one beyond the last gives the last.

    Raises:
        SigningError: PDF_MALFORMED; PDF_ENCRYPTED.
    """
    with opened(data) as document:
        document.init_forms()
        at = max(0, min(number, len(document)) - 1)
        with closing(document[at]) as page:
            return _drawn(page, number=at + 1, pages=len(document))


def _drawn(page: Any, *, number: int, pages: int) -> DrawnPage:
    width, height = page.get_size()
    if not width * height:
        raise SigningError(ErrorCode.PDF_MALFORMED, place="page size")
    scale = min(_PIXELS_PER_POINT, sqrt(_MOST_PIXELS / (width * height)))
    with closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:
        return DrawnPage(
            number=number,
            pages=pages,
            width=bitmap.width,
            height=bitmap.height,
            points=(width, height),
            png=_png(bitmap),
        )


def _png(bitmap: Any) -> bytes:
    """Write a picture in red, green and blue (PNG, W3C 2003)."""
    octets, stride, long = bytes(bitmap.buffer), bitmap.stride, 3 * bitmap.width
    # Each row begins with its filter: none (clause 9.2).
    rows = (
        b"\0" + octets[start : start + long]
        for start in range(0, stride * bitmap.height, stride)
    )
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 2, 0, 0, 0)
    parts = (
        _chunk(b"IHDR", head),
        _chunk(b"IDAT", zlib.compress(b"".join(rows), 6)),
        _chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    check = struct.pack(">I", zlib.crc32(checked))
    return struct.pack(">I", len(content)) + checked + check
