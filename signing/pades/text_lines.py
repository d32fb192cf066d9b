"""The text of a document with its places, as anchors for signatures need it.

Plain data: a worker process reads it from the file (`signing.validation.page_text`),
and whoever signs decides by it where things go.
"""

import unicodedata
from dataclasses import dataclass

LEADERS = "._…"
"""What drafts fill a blank with."""


@dataclass(frozen=True, slots=True)
class TextWord:
    """One word of a line: its text, where it begins and ends, its base line."""

    text: str
    left: float
    right: float
    baseline: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text on the page as displayed, in points from its lower left.

    Args:
        page: counted from 1.
        words: of the lines that may hold number and date; empty for others.
    """

    page: int
    text: str
    left: float
    lower: float
    right: float
    upper: float
    words: tuple[TextWord, ...] = ()

    @property
    def centre(self) -> float:
        """Middle of the line, across the page."""
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What is printed on a document.

    Args:
        lines: of the first and the last pages, each piece of text with its place.
        first_page: the lines of page 1 as a reader copies them, pieces of one line
            together: secrecy stamps are often set with wide spacing.
    """

    lines: tuple[TextLine, ...]
    first_page: tuple[str, ...]


def folded(text: str) -> str:
    """Return `text` for comparison: composed, caseless, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
