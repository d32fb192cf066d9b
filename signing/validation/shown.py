"""Where the signatures of a file show: every page that lists a widget of theirs.

The pages say it, not the fields: /P of a field is a claim, and a widget that stands on
two pages shows on both (ISO 32000-2 clause 12.5.2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyhanko.pdf_utils import generic

from signing.validation.document import SignatureField
from signing.validation.page_tree import (
    ObjectNumber,
    Page,
    annotations_of,
    object_number,
)
from signing.validation.rectangles import Box, box_of

_NOWHERE: Box = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Shown:
    """Where one signature shows.

    Args:
        page: counted from 0.
        box: left, lower, right, upper, in points of the page's user space.
    """

    field: str
    page: int
    box: Box

    @property
    def area(self) -> float:
        """In square points."""
        left, lower, right, upper = self.box
        return (right - left) * (upper - lower)


def later_ones_show(fields: Sequence[SignatureField]) -> bool:
    """Tell whether any signature but the first takes room on a page."""
    return any(
        takes_room(widget) for one in fields[1:] for _, widget in widgets_of(one.field)
    )


def shown_on_pages(
    pages: Sequence[Page], fields: Sequence[SignatureField]
) -> tuple[Shown, ...]:
    """Return where the signatures show, in the order of `fields`.

    Args:
        pages: of the file, in order.
        fields: its signatures.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    places: dict[ObjectNumber, list[int]] = {}
    for number, page in enumerate(pages):
        for one in _annotations(page):
            places.setdefault(one, []).append(number)
    return tuple(
        Shown(field.name, page_number, _box(widget))
        for field in fields
        for one, widget in widgets_of(field.field)
        if takes_room(widget)
        for page_number in dict.fromkeys(places.get(one, ()))
    )


def widgets_of(
    field: generic.DictionaryObject,
) -> Iterator[tuple[ObjectNumber, generic.DictionaryObject]]:
    """Give the widgets of a field: itself, or its kids."""
    if "/Kids" not in field:
        place = field.container_ref
        if isinstance(place, generic.Reference):
            yield (place.idnum, place.generation), field
        return
    kids = field["/Kids"]
    for at in range(len(kids)):
        number = object_number(kids.raw_get(at))
        if number is not None:
            yield number, kids[at]


def takes_room(widget: generic.DictionaryObject) -> bool:
    """Tell whether a widget has a rectangle that is not empty.

    Raises:
        SigningError: PDF_MALFORMED, readers do not agree on its rectangle.
    """
    left, lower, right, upper = _box(widget)
    return right > left and upper > lower


def _annotations(page: Page) -> Iterator[ObjectNumber]:
    if not page.may_have(b"/Annots"):
        return
    array = annotations_of(page.reference.get_object())
    numbers = (object_number(array.raw_get(at)) for at in range(len(array)))
    yield from (one for one in numbers if one is not None)


def _box(widget: generic.DictionaryObject) -> Box:
    return box_of(widget) or _NOWHERE
