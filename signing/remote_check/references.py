"""Whether a text refers to an object, however the reference is spelled.

A reader takes blanks and comments in any number between number, generation and R, and
digits in any number (ISO 32000-2 7.2.3, 7.2.4, 7.3.10). Strings and drawings are
searched as well: one find too many is a document that is not signed, one too few a
drawing that appears with the signature.
"""

import re

_BLANK = rb"[\x00\t\n\x0c\r ]"
_GENERATION = rb"[+-]?[0-9]++"
_BEGINNING = re.compile(
    rb"([0-9]{1,10}+)(?=%b*+(?:(?<=%b)%b%b*+(?P<end>[R%%])"
    rb"|(?P<comment>%%)))" % (_BLANK, _BLANK, _GENERATION, _BLANK)
)
"""A reference as a whole, or as far as its first comment."""

_BLANKS = re.compile(rb"(?:%b++|%%[^\r\n]*+)*+" % _BLANK)
_GENERATION_AND_R = re.compile(_GENERATION + _BLANKS.pattern + b"R")
_R = re.compile(b"R")


def refers(text: bytes, numbers: frozenset[int]) -> bool:
    """Tell whether `text` refers to one of `numbers`; in linear time."""
    end = 0
    is_next = {_R: False, _GENERATION_AND_R: False}
    for one in _BEGINNING.finditer(text):
        if int(one[1]) not in numbers:
            continue
        if one["end"] == b"R":
            return True
        comment = one.start("end" if one["end"] else "comment")
        if comment >= end:
            end = _after_blanks(text, comment)
            is_next = {rest: bool(rest.match(text, end)) for rest in is_next}
        # Whatever breaks off within these comments goes on where they end.
        if is_next[_R if one["end"] else _GENERATION_AND_R]:
            return True
    return False


def _after_blanks(text: bytes, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
