"""Rectangles in which every reader draws alike (ISO 32000-2 clause 7.9.5).

Readers mend odd ones, each in its own way: they leave out a fifth number, follow a
reference, take a name for a number, wrap one that is too large. Whoever judges what is
drawn must not take such a rectangle for an empty one.
"""

from math import inf

from pyhanko.pdf_utils import generic

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.profiles import POINTS_PER_MM

Box = tuple[float, float, float, float]
"""Left, lower, right, upper, in points of the page's user space."""

LARGEST_WIDTH, LARGEST_HEIGHT = 120 * POINTS_PER_MM, 80 * POINTS_PER_MM
"""Of a new visible signature. Whoever may sign may draw inside it, over what is there:
twice the largest of Decree 30/2020 (50 mm) and some, and never a page."""

_KEY = "/Rect"
_CORNERS = 4
_FARTHEST = 1_000_000
"""In points. The largest page has 14,400; beyond 2^31 some readers wrap."""


def box_of(annotation: generic.DictionaryObject) -> Box | None:
    """Return where an annotation stands; None where it names no place.

    Raises:
        SigningError: PDF_MALFORMED, its rectangle is not four plain numbers.
    """
    if _KEY not in annotation:
        return None
    stated = annotation[_KEY]
    if not isinstance(stated, generic.ArrayObject) or len(stated) != _CORNERS:
        raise SigningError(ErrorCode.PDF_MALFORMED, place=_KEY)
    left, lower, right, upper = (_number(stated.raw_get(at)) for at in range(_CORNERS))
    return min(left, right), min(lower, upper), max(left, right), max(lower, upper)


def is_of_signature_size(width: float, height: float) -> bool:
    """Tell whether a rectangle is no larger than signatures and seals are.

    Args:
        width: in points.
        height: in points.
    """
    return width <= LARGEST_WIDTH and height <= LARGEST_HEIGHT


def area_of(annotation: generic.DictionaryObject) -> float:
    """Return how much room an annotation takes, in square points.

    Raises:
        SigningError: PDF_MALFORMED, its rectangle is not four plain numbers.
    """
    left, lower, right, upper = box_of(annotation) or (0, 0, 0, 0)
    return (right - left) * (upper - lower)


def _number(value: generic.PdfObject) -> float:
    is_number = isinstance(value, generic.NumberObject | generic.FloatObject)
    number = float(str(value)) if is_number else inf
    if abs(number) > _FARTHEST:
        raise SigningError(ErrorCode.PDF_MALFORMED, place=_KEY)
    return number
