"""Where on a page a signature is to show: pure, in points, from a form or by custom."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from textwrap import wrap

from exchange.console.forms import Fields
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode
from signing.profiles import ROLES, Placement, SignerRole
from signing.validation.drawn import DrawnPage

_SIGN, _LINE = 7.5, 12.0
"""Room for a capital letter, and for a line, of text of 10 points."""

_USUAL_SIZE = (140.0, 60.0)
_ACROSS, _UP = 0.55, 0.35
"""Where the signer's block usually stands, as shares of the page (Annex I, cell 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rectangle on a page.

    Args:
        page: counted from 1.
        x: left edge.
        y: lower edge, counted from the lower edge of the page.
    """

    page: int
    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, placement: Placement) -> "Place":
        """Return where a placement is."""
        return cls(
            page=placement.page,
            x=placement.x,
            y=placement.y,
            width=placement.width,
            height=placement.height,
        )

    @property
    def placement(self) -> Placement:
        """The same for the signer."""
        return Placement(self.page, self.x, self.y, self.width, self.height)


def usual_place(role: SignerRole, drawn: DrawnPage) -> Place:
    """Return where one would look for the signature of a role on a page."""
    width, height = size_of(role)
    across, up = drawn.points
    return Place(
        page=drawn.number,
        x=round(min(across * _ACROSS, across - width)),
        y=round(min(up * _UP, up - height)),
        width=round(width),
        height=round(height),
    )


def written_lines(texts: Iterable[str], size: tuple[float, float]) -> tuple[str, ...]:
    """Break what stands in a frame without an image into lines that fit.

    Args:
        texts: each begins a line of its own; what has no room is left out.
        size: width and height of the frame.
    """
    across, lines = int(size[0] / _SIGN), int(size[1] / _LINE)
    broken = (line for one in texts for line in wrap(one, max(across, 1)))
    return tuple(islice(broken, lines))


def size_of(role: SignerRole) -> tuple[float, float]:
    """Return width and height of the frame a role usually has."""
    image = ROLES[role].image
    return (image.width, image.height) if image else _USUAL_SIZE


def place_of(fields: Fields) -> Place:
    """Read the place of a form.

    Raises:
        ExchangeError: a field that is no number, or none of a rectangle
            (REQUEST_INVALID).
    """
    number = _number(fields, "page")
    x, y, width, height = (
        _number(fields, one) for one in ("x", "y", "width", "height")
    )
    if not (width > 0 and height > 0 and number >= 1 and number == int(number)):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="width")
    return Place(page=int(number), x=x, y=y, width=width, height=height)


def _number(fields: Fields, name: str) -> float:
    try:
        found = float(fields.text(name).replace(",", "."))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name) from error
    if not isfinite(found) or not 0 <= found < 20_000:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return found
