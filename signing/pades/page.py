"""Where a signature lies on a page that may be cropped and turned.

A placement is on the page as displayed; a PDF file wants the coordinates of the page's
content (user space). ISO 32000-2 clauses 7.7.3 and 8.3.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.profiles import Placement

_MAX_TREE_DEPTH = 64
_QUARTER_TURN = 90
_ROUNDING = 0.01


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
class Spot:
    """Where a signature shows.

    Args:
        page: counted from 1.
        turned: how far clockwise the page is turned for display.
    """

    page: int
    box: Box
    turned: int

    @property
    def displayed_size(self) -> tuple[float, float]:
        """Width and height as the reader sees them."""
        return _turned_size(self.box, self.turned)


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
        width, height = _turned_size(self.visible, self.turned)
        right, upper = placement.x + placement.width, placement.y + placement.height
        # Written so that no comparison with NaN passes.
        on_page = (
            -_ROUNDING <= placement.x < right <= width + _ROUNDING
            and -_ROUNDING <= placement.y < upper <= height + _ROUNDING
        )
        if not on_page:
            raise SigningError(ErrorCode.PLACEMENT_INVALID, place="rectangle")
        return _spanned(
            self._content_point(placement.x, placement.y),
            self._content_point(right, upper),
        )

    def to_placement(self, page: int, box: Box) -> Placement:
        """Translate a rectangle of user space back."""
        shown = _spanned(
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


def spot_of(reader: PdfFileReader, placement: Placement) -> Spot:
    """Find a placement in the document.

    Raises:
        SigningError: PLACEMENT_INVALID, no such page or not wholly on it.
    """
    if not 1 <= placement.page <= int(reader.root["/Pages"]["/Count"]):
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="page")
    reference, _ = reader.find_page_for_modification(placement.page - 1)
    geometry = _geometry(reference.get_object())
    box = geometry.to_user_space(placement)
    return Spot(placement.page, box, geometry.turned)


def spot_of_widget(reader: PdfFileReader, widget: generic.DictionaryObject) -> Spot:
    """Find the rectangle of an existing field.

    Raises:
        SigningError: PLACEMENT_INVALID, the field shows nowhere.
    """
    page, leaf = _page_of(reader, widget)
    box = _box(widget.get("/Rect"))
    if not all(box.size):
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="field")
    return Spot(page, box, _geometry(leaf).turned)


def placement_of_widget(
    reader: PdfFileReader, widget: generic.DictionaryObject
) -> Placement:
    """Return where an existing field shows on the displayed page.

    Raises:
        SigningError: PLACEMENT_INVALID, it shows nowhere.
    """
    spot = spot_of_widget(reader, widget)
    _, leaf = _page_of(reader, widget)
    return _geometry(leaf).to_placement(spot.page, spot.box)


def _page_of(
    reader: PdfFileReader, widget: generic.DictionaryObject
) -> tuple[int, generic.DictionaryObject]:
    """Return the page a widget names, counted from 1."""
    if "/P" in widget:
        wanted = widget.raw_get("/P")
        for number, leaf in enumerate(_leaves(reader), start=1):
            if leaf == wanted:
                return number, leaf.get_object()
    raise SigningError(ErrorCode.PLACEMENT_INVALID, place="field")


def _leaves(reader: PdfFileReader) -> Iterator[generic.IndirectObject]:
    """Yield the pages in order; a tree with a cycle is malformed."""
    waiting = [reader.root.raw_get("/Pages")]
    seen: set[generic.Reference] = set()
    while waiting:
        node = waiting.pop()
        if node.reference in seen:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="/Kids")
        seen.add(node.reference)
        kids = node.get_object().get("/Kids")
        if kids is None:
            yield node
        else:
            waiting += [kids.raw_get(i) for i in reversed(range(len(kids)))]


def _geometry(leaf: generic.DictionaryObject) -> PageGeometry:
    visible = _box(_inherited(leaf, "/MediaBox"))
    crop = _inherited(leaf, "/CropBox")
    if crop is not None:
        visible = _intersection(visible, _box(crop))
    rotation = _inherited(leaf, "/Rotate")
    return PageGeometry(visible, _turned(rotation))


def _turned(rotation: generic.PdfObject | None) -> int:
    if rotation is None:
        return 0
    if not isinstance(rotation, generic.NumberObject) or rotation % _QUARTER_TURN:
        raise SigningError(ErrorCode.PDF_MALFORMED, place="/Rotate")
    return int(rotation) % 360


def _inherited(node: generic.DictionaryObject, key: str) -> generic.PdfObject | None:
    """Look a page attribute up along the page tree (clause 7.7.3.4)."""
    for _ in range(_MAX_TREE_DEPTH):
        if key in node:
            found: generic.PdfObject = node[key]
            return found
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise SigningError(ErrorCode.PDF_MALFORMED, place="/Parent")


def _box(numbers: generic.PdfObject | None) -> Box:
    if not isinstance(numbers, generic.ArrayObject):
        raise SigningError(ErrorCode.PDF_MALFORMED, place="rectangle")
    one, two, three, four = (float(number) for number in numbers)
    return _spanned((one, two), (three, four))


def _spanned(one: tuple[float, float], other: tuple[float, float]) -> Box:
    left, right = sorted((one[0], other[0]))
    lower, upper = sorted((one[1], other[1]))
    return Box(left, lower, right, upper)


def _intersection(outer: Box, inner: Box) -> Box:
    return Box(
        max(outer.left, inner.left),
        max(outer.lower, inner.lower),
        min(outer.right, inner.right),
        min(outer.upper, inner.upper),
    )


def _turned_size(box: Box, turned: int) -> tuple[float, float]:
    width, height = box.size
    return (height, width) if turned % 180 else (width, height)
