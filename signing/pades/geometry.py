"""Rectangles of a page that may be cropped and turned; nothing of a PDF library.

A placement is on the page as displayed; a PDF file has the coordinates of the page's
content (user space). ISO 32000-2 clauses 7.7.3 and 8.3.2.
"""

from dataclasses import dataclass

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.profiles import Placement

_ROUNDING = 0.01

Point = tuple[float, float]


def fits(length: float, room: float) -> bool:
    """Tell whether something goes into a room that was measured for it."""
    return length <= room + _ROUNDING


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in user space."""

    left: float
    lower: float
    right: float
    upper: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Lower left and upper right corner."""
        return self.left, self.lower, self.right, self.upper

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.right - self.left, self.upper - self.lower


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """What of a page shows, and how far clockwise it is turned for display."""

    visible: Box
    turned: int

    def to_user_space(self, placement: Placement) -> Box:
        """Translate a placement.

        Raises:
            SigningError: PLACEMENT_INVALID, empty or not wholly on the page.
        """
        width, height = turned_size(self.visible, self.turned)
        right, upper = placement.x + placement.width, placement.y + placement.height
        # Written so that no comparison with NaN passes.
        on_page = (
            -_ROUNDING <= placement.x < right <= width + _ROUNDING
            and -_ROUNDING <= placement.y < upper <= height + _ROUNDING
        )
        if not on_page:
            raise SigningError(ErrorCode.PLACEMENT_INVALID, place="rectangle")
        return spanned(
            self._content_point(placement.x, placement.y),
            self._content_point(right, upper),
        )

    def to_placement(self, page: int, box: Box) -> Placement:
        """Translate a rectangle of user space back."""
        shown = spanned(
            self._displayed_point(box.left, box.lower),
            self._displayed_point(box.right, box.upper),
        )
        return Placement(page, shown.left, shown.lower, *shown.size)

    def _content_point(self, across: float, up: float) -> tuple[float, float]:
        box = self.visible
        match self.turned:
            case 90:
                return box.right - up, box.lower + across
            case 180:
                return box.right - across, box.upper - up
            case 270:
                return box.left + up, box.upper - across
            case _:
                return box.left + across, box.lower + up

    def _displayed_point(self, x: float, y: float) -> tuple[float, float]:
        box = self.visible
        match self.turned:
            case 90:
                return y - box.lower, box.right - x
            case 180:
                return box.right - x, box.upper - y
            case 270:
                return box.upper - y, x - box.left
            case _:
                return x - box.left, y - box.lower


def spanned(one: Point, other: Point) -> Box:
    """Return the rectangle between two opposite corners."""
    left, right = sorted((one[0], other[0]))
    lower, upper = sorted((one[1], other[1]))
    return Box(left, lower, right, upper)


def turned_size(box: Box, turned: int) -> tuple[float, float]:
    """Return width and height of `box` as displayed."""
    width, height = box.size
    return (height, width) if turned % 180 else (width, height)
