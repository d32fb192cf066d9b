"""Pages drawn to see what a later signature hides of the content signed before it.

Drawn by PDFium, a native library with a history of memory faults: in a worker only.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from math import ceil, floor, sqrt
from typing import Any

from pypdfium2 import raw

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.first_page import opened
from signing.validation.limits import MAX_PAGES_DRAWN, MAX_SHOWN
from signing.validation.pictures import Picture, Region, hides
from signing.validation.shown import Shown

_PIXELS_PER_POINT = 2.0
_MOST_PIXELS = 8_000_000
"""Of one picture; larger ones are drawn smaller. The largest signature has 300,000."""


def hiding(data: bytes, signed_end: int, later: Sequence[Shown]) -> Iterator[Shown]:
    """Give those of the `later` signatures that hide what was signed before them.

    Args:
        data: the whole file.
        signed_end: where the revision ends that was signed first.
        later: where the signatures after the first show.

    Raises:
        SigningError: PDF_MALFORMED, a page cannot be drawn; LIMIT_EXCEEDED.
    """
    by_page = sorted(later, key=lambda one: one.page)
    pages = [(page, tuple(all_)) for page, all_ in groupby(by_page, lambda x: x.page)]
    if len(pages) > MAX_PAGES_DRAWN or len(later) > MAX_SHOWN:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="pages")
    with _drawable(data[:signed_end]) as signed, _drawable(data) as whole:
        for number, shown in pages:
            yield from _hiding_on(_page(signed, number), _page(whole, number), shown)


@contextmanager
def _drawable(data: bytes) -> Iterator[Any]:
    with opened(data) as document:
        # Without it PDFium draws no form fields.
        document.init_forms()
        yield document


def _page(document: Any, number: int) -> Any:
    if number >= len(document):
        raise SigningError(ErrorCode.PDF_MALFORMED, place=f"page {number + 1}")
    return document[number]


def _hiding_on(signed: Any, whole: Any, shown: Sequence[Shown]) -> Iterator[Shown]:
    with closing(signed), closing(whole):
        width, height = signed.get_size()
        if (width, height) != whole.get_size() or not width * height:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="page size")
        for one in shown:
            scale = min(_PIXELS_PER_POINT, sqrt(_MOST_PIXELS / one.area))
            size = ceil(width * scale), ceil(height * scale)
            region = _region(whole, one, size)
            if region.is_empty:
                continue
            before, after = (
                _drawn(page, scale, region, size) for page in (signed, whole)
            )
            if hides(before, after, region.at_origin):
                yield one


def _drawn(page: Any, scale: float, region: Region, size: tuple[int, int]) -> Picture:
    """Draw a region of a page of `size` pixels."""
    cut = (region.left, size[1] - region.bottom, size[0] - region.right, region.top)
    # PDFium's helper rounds up to whole pixels.
    crop = tuple(max(0.0, (one - 0.5) / scale) for one in cut)
    with closing(page.render(scale=scale, crop=crop, grayscale=True)) as bitmap:
        if (bitmap.width, bitmap.height) != region.size:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="page size")
        return Picture(bytes(bitmap.buffer), bitmap.stride)


def _region(page: Any, shown: Shown, size: tuple[int, int]) -> Region:
    """Translate a box of user space to pixels; what is off the page shows nowhere."""
    left, lower, right, upper = shown.box
    corners = [_pixel(page, size, *one) for one in ((left, lower), (right, upper))]
    across, down = zip(*corners, strict=True)
    width, height = size
    return Region(
        left=max(0, floor(min(across))),
        top=max(0, floor(min(down))),
        right=min(width, ceil(max(across)) + 1),
        bottom=min(height, ceil(max(down)) + 1),
    )


def _pixel(
    page: Any, size: tuple[int, int], across: float, up: float
) -> tuple[int, int]:
    x, y = ctypes.c_int(), ctypes.c_int()
    done = raw.FPDF_PageToDevice(page, 0, 0, *size, 0, across, up, x, y)
    if not done:
        raise SigningError(ErrorCode.PDF_MALFORMED, place="rectangle")
    return x.value, y.value
