"""The lines of text of a document and where they stand.

Read by PDFium, a native library with a history of memory faults: in a worker only.
"""

import ctypes
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from pypdfium2 import raw

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.geometry import Box, PageGeometry
from signing.pades.text_lines import LEADERS, DocumentText, TextLine, TextWord, folded
from signing.profiles import Placement
from signing.validation.first_page import lines_of_first_page, opened

LAST_PAGES = 20
"""A signer's block is looked for on these, besides the first page."""

_MAX_LINES_PER_PAGE = 1000
_MAX_CHARACTERS = 20_000
"""Of a page; a page of an official document has some 3,000."""

_WORD_GAP = 1.0
"""Points between two letters that no longer belong to one word."""

_TOLERANCE = 3.0
"""A letter's advance may reach beyond the ink of its line, in points."""


@dataclass(frozen=True, slots=True)
class _Character:
    """One letter, the box of its advance, and its base line, in user space."""

    text: str
    box: Box
    baseline: float


def document_text(data: bytes) -> DocumentText:
    """Return what is printed on the first and the last pages.

    Raises:
        SigningError: PDF_MALFORMED; PDF_ENCRYPTED.
    """
    with opened(data) as document:
        count = len(document)
        numbers = sorted({0, *range(max(0, count - LAST_PAGES), count)})
        lines = tuple(line for number in numbers for line in _lines(document, number))
        return DocumentText(lines, lines_of_first_page(document))


def _lines(document: Any, number: int) -> Iterator[TextLine]:
    with closing(document[number]) as page, closing(page.get_textpage()) as text:
        geometry = PageGeometry(Box(*page.get_bbox()), page.get_rotation())
        boxes = (
            Box(*text.get_rect(index))
            for index in range(min(text.count_rects(), _MAX_LINES_PER_PAGE))
        )
        shown = [(box, text.get_text_bounded(*box.corners).strip()) for box in boxes]
        has_words = number == 0 and not geometry.turned
        wanted = [box for box, line in shown if _may_hold_number_or_date(line)]
        characters = _characters(text, wanted) if has_words else ()
        for box, line in shown:
            if line:
                is_wanted = has_words and box in wanted
                words = _words(characters, box, geometry.visible) if is_wanted else ()
                yield _line(line, words, geometry.to_placement(number + 1, box))


def _line(shown: str, words: tuple[TextWord, ...], place: Placement) -> TextLine:
    return TextLine(
        page=place.page,
        text=shown,
        left=place.x,
        lower=place.y,
        right=place.x + place.width,
        upper=place.y + place.height,
        words=words,
    )


def _may_hold_number_or_date(text: str) -> bool:
    plain = folded(text)
    return plain.startswith("số") or "ngày" in plain


def _words(
    characters: tuple[_Character, ...], line: Box, page: Box
) -> tuple[TextWord, ...]:
    """Group the characters inside the box of a line into words."""
    words: list[TextWord] = []
    for one in characters:
        if not _is_within(one.box, line):
            continue
        start, end = one.box.left - page.left, one.box.right - page.left
        if words and _goes_on(words[-1], one.text, start):
            last = words.pop()
            words.append(replace(last, text=last.text + one.text, right=end))
        else:
            words.append(TextWord(one.text, start, end, one.baseline - page.lower))
    return tuple(words)


def _goes_on(word: TextWord, character: str, start: float) -> bool:
    """Tell whether a letter belongs to a word; colons and leaders end one."""
    last = word.text[-1]
    parted = last == ":" or (last in LEADERS) != (character in LEADERS)
    return start - word.right < _WORD_GAP and not parted


def _is_within(box: Box, line: Box) -> bool:
    middle = (box.lower + box.upper) / 2
    across = line.left - _TOLERANCE <= box.left and box.right <= line.right + _TOLERANCE
    return line.lower <= middle <= line.upper and across


def _characters(text: Any, lines: Sequence[Box]) -> tuple[_Character, ...]:
    """Return the letters at the height of `lines` with the boxes of their advance."""
    count = text.count_chars()
    if count > _MAX_CHARACTERS:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="text")
    found, box = [], raw.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(count):
        if not raw.FPDFText_GetLooseCharBox(text, index, box):
            continue
        middle = (box.bottom + box.top) / 2
        if not any(line.lower <= middle <= line.upper for line in lines):
            continue
        code = raw.FPDFText_GetUnicode(text, index)
        if code > sys.maxunicode or chr(code).isspace():
            continue
        if raw.FPDFText_GetCharOrigin(text, index, x, y):
            place = Box(box.left, box.bottom, box.right, box.top)
            found.append(_Character(chr(code), place, y.value))
    return tuple(found)
