"""Where a signature lies in a document: its page, and the rectangle there."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.geometry import Box, PageGeometry, spanned, turned_size
from signing.profiles import Placement

_MAX_TREE_DEPTH = 64
_QUARTER_TURN = 90


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
        return turned_size(self.box, self.turned)


def spot_of(reader: PdfFileReader, placement: Placement) -> Spot:
    """Find a placement in the document.

    Raises:
        SigningError: PLACEMENT_INVALID, no such page or not wholly on it.
    """
    if not 1 <= placement.page <= int(reader.root["/Pages"]["/Count"]):
        raise SigningError(ErrorCode.PLACEMENT_INVALID, place="page")
    reference, _ = find_page(reader, placement.page - 1)
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


def page_size(reader: PdfFileReader, page: int) -> tuple[float, float]:
    """Return width and height of a page as displayed, in points."""
    reference, _ = find_page(reader, page - 1)
    geometry = _geometry(reference.get_object())
    return turned_size(geometry.visible, geometry.turned)


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


def find_page(
    handler: PdfHandler, index: int
) -> tuple[generic.IndirectObject, generic.PdfObject]:
    """Return a page, counted from 0, and its resources.

    Where all pages hang on one node, its neighbours are not read; the library reads
    every page before it, which costs a second for the last one of two thousand.
    """
    flat = _flat_pages(handler)
    if flat is not None and 0 <= index < len(flat):
        reference = flat.raw_get(index)
        leaf = reference.get_object()
        # As many nodes as pages may be nodes of pages, one each.
        if leaf["/Type"] == "/Page":
            resources = _inherited(leaf, "/Resources")
            return reference, resources or generic.DictionaryObject()
    found: tuple[generic.IndirectObject, generic.PdfObject]
    found = PdfHandler.find_page_for_modification(handler, index)
    return found


def _flat_pages(handler: PdfHandler) -> generic.ArrayObject | None:
    """Return all pages if they are the children of one node: as many as it counts."""
    node = handler.root["/Pages"]
    kids = node["/Kids"]
    is_flat = isinstance(kids, generic.ArrayObject) and len(kids) == node["/Count"]
    return kids if is_flat else None


def _page_of(
    reader: PdfFileReader, widget: generic.DictionaryObject
) -> tuple[int, generic.DictionaryObject]:
    """Return the page a widget names, counted from 1."""
    if "/P" in widget:
        wanted = widget.raw_get("/P")
        flat = _flat_pages(reader)
        if flat is not None and wanted in flat:
            return flat.index(wanted) + 1, wanted.get_object()
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


def present(node: generic.DictionaryObject, key: str) -> generic.PdfObject | None:
    """Return an entry; one that is null is none (clause 7.3.9)."""
    try:
        found: generic.PdfObject = node[key]
    except KeyError:
        return None
    return found


def _inherited(node: generic.DictionaryObject, key: str) -> generic.PdfObject | None:
    """Look a page attribute up along the page tree (clause 7.7.3.4)."""
    for _ in range(_MAX_TREE_DEPTH):
        found: generic.PdfObject | None = present(node, key)
        if found is not None:
            return found
        parent = present(node, "/Parent")
        if not isinstance(parent, generic.DictionaryObject):
            return None
        node = parent
    raise SigningError(ErrorCode.PDF_MALFORMED, place="/Parent")


def _box(numbers: generic.PdfObject | None) -> Box:
    if not isinstance(numbers, generic.ArrayObject):
        raise SigningError(ErrorCode.PDF_MALFORMED, place="rectangle")
    # By index: an array gives its items out as they are written, references too.
    one, two, three, four = (float(numbers[i]) for i in range(len(numbers)))
    return spanned((one, two), (three, four))


def _intersection(outer: Box, inner: Box) -> Box:
    return Box(
        max(outer.left, inner.left),
        max(outer.lower, inner.lower),
        min(outer.right, inner.right),
        min(outer.upper, inner.upper),
    )
