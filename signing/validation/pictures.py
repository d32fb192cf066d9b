"""What a later signature does to the picture of a page: pure, on grey pixels.

A signature may be drawn over signed content, as a seal is; it may not hide it. So the
page as first signed is held against the page as it is now, by what was dark on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

INK_LEVELS = (144, 208)
"""What is darker is ink. Red over black is below the first; paper is above both."""

MOST_ERASED = 4
"""Pixels: one square point. A comma has more."""

CELL = 8
"""Edge of a cell in pixels, four points: half a letter."""

MOST_BLOTTED = 3
"""Cells. The lines of a seal are thinner than one."""

_LEAST_CONTENT = CELL * CELL // 16


@dataclass(frozen=True, slots=True)
class Region:
    """Part of a picture, in pixels from the upper left corner."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return min(self.size) <= 0

    @property
    def at_origin(self) -> "Region":
        """The same in a picture of itself."""
        return Region(0, 0, *self.size)


@dataclass(frozen=True, slots=True)
class Picture:
    """Grey pixels, a byte each, 0 black.

    Args:
        stride: bytes from one row to the next.
    """

    pixels: bytes
    stride: int

    def rows(self, region: Region) -> Iterator[bytes]:
        """Give the rows of a region."""
        for row in range(region.top, region.bottom):
            start = row * self.stride
            yield self.pixels[start + region.left : start + region.right]


def hides(before: Picture, after: Picture, region: Region) -> bool:
    """Tell whether content of `before` cannot be seen in `after` any more.

    Args:
        before: the page as first signed.
        after: the same page with later signatures, drawn in the same way.
        region: where a later signature shows.
    """
    erased = any(_erased(before, after, region, at) > MOST_ERASED for at in INK_LEVELS)
    return erased or _blotted(before, after, region) > MOST_BLOTTED


def _erased(before: Picture, after: Picture, region: Region, level: int) -> int:
    """Count the pixels that were ink and are paper now."""
    ink, paper = _table(range(level)), _table(range(level, 256))
    pairs = zip(before.rows(region), after.rows(region), strict=True)
    return sum(
        (_bits(old.translate(ink)) & _bits(new.translate(paper))).bit_count()
        for old, new in pairs
    )


def _blotted(before: Picture, after: Picture, region: Region) -> int:
    """Count the cells that had ink on paper and are nothing but ink now."""
    ink = _table(range(INK_LEVELS[0]))
    found = 0
    for cell in _cells(region):
        old = b"".join(before.rows(cell)).translate(ink).count(1)
        if not _LEAST_CONTENT <= old <= CELL * CELL - _LEAST_CONTENT:
            continue
        new = b"".join(after.rows(cell)).translate(ink).count(1)
        found += new == CELL * CELL
    return found


def _cells(region: Region) -> Iterator[Region]:
    for top in range(region.top, region.bottom - CELL + 1, CELL):
        for left in range(region.left, region.right - CELL + 1, CELL):
            yield Region(left, top, left + CELL, top + CELL)


@cache
def _table(ones: range) -> bytes:
    return bytes(one in ones for one in range(256))


def _bits(row: bytes) -> int:
    return int.from_bytes(row)
