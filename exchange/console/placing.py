"""Where on a page a signature is to show: pure, in points, from a form or by custom."""

from dataclasses import dataclass
from math import isfinite

from exchange.console.forms import Fields
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode
from signing.profiles import ROLES, Placement, SignerRole
from signing.validation.drawn import DrawnPage

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
    image = ROLES[role].image
    width, height = (image.width, image.height) if image else (140.0, 60.0)
    across, up = drawn.points
    return Place(
        page=drawn.number,
        x=round(min(across * _ACROSS, across - width)),
        y=round(min(up * _UP, up - height)),
        width=round(width),
        height=round(height),
    )


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
