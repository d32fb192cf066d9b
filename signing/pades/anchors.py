"""Find where a person signs: between the title and the name of the signer.

Decree 30/2020/NĐ-CP Annex I, cells 7a (title), 7b (name) and 7c (signature). The last
block of the document counts: names also stand in tables and lists before it.
"""

from collections.abc import Iterable, Iterator, Sequence

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.text_lines import TextLine, folded
from signing.profiles import Placement, person_rectangle

_CLEARANCE = 3.0
"""Points between the signature and the letters above and below it."""

_LEAST_SPACE, _GREATEST_SPACE = 30.0, 200.0
"""Height of the space between title and name, in points."""

_USUAL_SPACE = 72.0

_OFF_CENTRE = 40.0
"""How far title and name may be out of line, in points."""

_TITLE_STARTS = ("tm.", "kt.", "tl.", "tuq.", "q.")
_LEAST_TITLE = 4


def signer_place(lines: Sequence[TextLine], name: str) -> Placement:
    """Return where the person called `name` signs.

    Args:
        lines: the text of the document.
        name: as in the certificate, or as printed if that differs.

    Raises:
        SigningError: SIGNER_BLOCK_NOT_FOUND; its place says which coordinates to give.
    """
    wanted = folded(name)
    named = [line for line in lines if wanted and _ends_with(folded(line.text), wanted)]
    places = filter(None, (_place_above(one, lines) for one in named))
    last = max(places, key=_reading_order, default=None)
    if last is None:
        place = _advice(lines)
        raise SigningError(ErrorCode.SIGNER_BLOCK_NOT_FOUND, place=place)
    return last


def _ends_with(text: str, name: str) -> bool:
    """Allow what stands before a name: a rank, a degree."""
    return text == name or text.endswith((f" {name}", f".{name}"))


def _place_above(name: TextLine, lines: Sequence[TextLine]) -> Placement | None:
    """Return the space above a name, None unless a title is above it and it is free."""
    title = min(
        (one for one in lines if _is_above(one, name)),
        key=lambda one: one.lower,
        default=None,
    )
    if title is None or not _is_title(title.text):
        return None
    if not _LEAST_SPACE <= title.lower - name.upper <= _GREATEST_SPACE:
        return None
    place = person_rectangle(
        name.page,
        centre_x=name.centre,
        y_from=name.upper + _CLEARANCE,
        y_to=title.lower - _CLEARANCE,
    )
    return None if any(_overlaps(place, one) for one in lines) else place


def _is_above(line: TextLine, name: TextLine) -> bool:
    """Tell whether a line stands in the name's column, higher up."""
    return (
        line.page == name.page
        and line.lower > name.upper
        and abs(line.centre - name.centre) <= _OFF_CENTRE
    )


def _is_title(text: str) -> bool:
    """Titles are in capitals (Annex I, cell 7a), or begin as authority is passed on."""
    letters = [one for one in text if one.isalpha()]
    capital = len(letters) >= _LEAST_TITLE and all(map(str.isupper, letters))
    return capital or folded(text).startswith(_TITLE_STARTS)


def _overlaps(place: Placement, line: TextLine) -> bool:
    return (
        line.page == place.page
        and line.left < place.x + place.width
        and place.x < line.right
        and line.lower < place.y + place.height
        and place.y < line.upper
    )


def overlapped(place: Placement, lines: Iterable[TextLine]) -> TextLine | None:
    """Return a line of text that lies under `place`, None if it is free."""
    return next((one for one in lines if _overlaps(place, one)), None)


def _reading_order(place: Placement) -> tuple[int, float, float]:
    return place.page, -place.y, place.x


def _advice(lines: Sequence[TextLine]) -> str:
    """Say which coordinates to give: below the last title, if there is one."""
    places = list(_places_below_titles(lines))
    if not places:
        return "--place PAGE,X,Y,WIDTH,HEIGHT"
    best = max(places, key=_reading_order)
    numbers = (best.x, best.y, best.width, best.height)
    return f"--place {best.page}," + ",".join(f"{one:.0f}" for one in numbers)


def _places_below_titles(lines: Sequence[TextLine]) -> Iterator[Placement]:
    for line in lines:
        upper = line.lower - _CLEARANCE
        if _is_title(line.text) and upper > _USUAL_SPACE:
            place = person_rectangle(
                line.page,
                centre_x=line.centre,
                y_from=upper - _USUAL_SPACE,
                y_to=upper,
            )
            if place.x > 0 and overlapped(place, lines) is None:
                yield place
