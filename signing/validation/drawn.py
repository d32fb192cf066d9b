"""A page as a picture."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPage:
    """One page of a file.

    Args:
        number: from 1.
        pages: how many the file has.
        width: in pixels.
        height: in pixels.
        points: width and height of the page as displayed, in points.
        png: the picture.
    """

    number: int
    pages: int
    width: int
    height: int
    points: tuple[float, ...]
    png: bytes = field(repr=False)
