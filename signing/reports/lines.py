"""Texts set in the one typeface, in lines; what it lacks is as near as can be.

Texts come from word processors, which write hyphens that do not break and marks of no
width; the typeface lacks them, and readers miss nothing by it.
"""

from functools import lru_cache
from unicodedata import normalize

from signing.pades.typeface import SetLine, typeface

_LONGEST_REMEMBERED = 40
"""Characters; words of a language are shorter."""


_NO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff")
_NEAREST = {"\u2012": "\u2013", "\u2015": "\u2014", "\u2212": "\u2013"}


def set_line(text: str) -> SetLine:
    """Set a line; for what the typeface lacks, its nearest form or a question mark."""
    known = typeface().glyphs
    plain = "".join(map(_nearest, normalize("NFC", text)))
    # What was apart may be one letter now, and that one may be lacking.
    composed = "".join(one if one in known else "?" for one in normalize("NFC", plain))
    return typeface().set_line(composed)


def _nearest(one: str) -> str:
    known = typeface().glyphs
    if one in known:
        return one
    if one in _NO_WIDTH:
        return ""
    plain = _NEAREST.get(one) or normalize("NFKC", one)
    return plain if all(each in known for each in plain) else one


def broken_lines(text: str, size: float, width: float) -> tuple[SetLine, ...]:
    """Break a text into lines of at most `width`, within words where it must.

    Glyphs have their own advance whatever stands beside them, so the width of a line
    is that of its words and of the spaces between them.
    """
    space = _set_word(" ").width(size)
    lines: list[list[SetLine]] = [[]]
    used = 0.0
    for word, needed in _pieces(text, size, width):
        if lines[-1] and used + space + needed > width:
            lines.append([])
        used = used + space + needed if lines[-1] else needed
        lines[-1].append(word)
    return tuple(map(_joined, lines))


def _set_word(text: str) -> SetLine:
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else set_line(text)


@lru_cache(maxsize=4096)
def _remembered(text: str) -> SetLine:
    return set_line(text)


def _joined(words: list[SetLine]) -> SetLine:
    glyphs = list(words[0].glyphs) if words else []
    for one in words[1:]:
        glyphs += _set_word(" ").glyphs
        glyphs += one.glyphs
    return SetLine(" ".join(one.text for one in words), tuple(glyphs))


def _pieces(text: str, size: float, width: float) -> list[tuple[SetLine, float]]:
    """Return the words with their widths; those wider than a line in pieces."""
    pieces: list[tuple[SetLine, float]] = []
    for text_of_word in text.split():
        word = _set_word(text_of_word)
        needed = word.width(size)
        if needed <= width:
            pieces.append((word, needed))
        else:
            pieces += ((one, one.width(size)) for one in _cut(word, size, width))
    return pieces


def _cut(word: SetLine, size: float, width: float) -> list[SetLine]:
    pieces: list[SetLine] = []
    begin, used = 0, 0.0
    for place, glyph in enumerate(word.glyphs):
        needed = glyph.advance * size / 1000
        if place > begin and used + needed > width:
            pieces.append(_slice(word, begin, place))
            begin, used = place, 0.0
        used += needed
    return [*pieces, _slice(word, begin, len(word.glyphs))]


def _slice(word: SetLine, begin: int, end: int) -> SetLine:
    return SetLine(word.text[begin:end], word.glyphs[begin:end])
