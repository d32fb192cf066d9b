"""Where the values of one PDF object lie in the file (ISO 32000-2 clause 7.3).

The library that reads PDF files says what a value means; the rules on signature bytes
need to know which bytes it occupies. This scanner knows tokens only, refuses what it
does not know, and allows no comments inside an object.
"""

import re
from dataclasses import dataclass

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.limits import MAX_FIELD_DEPTH

_BLANK = re.compile(rb"[\x00\t\n\x0c\r ]*")
_HEADER = re.compile(
    rb"([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+obj"
)
_NAME = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
_ESCAPE_NEEDED = re.compile(
    rb"#(?:0[1-9A-Fa-f]|1[0-9A-Fa-f]|2[0358Ff9]|3[CcEe]|5[BbDd]|7[BbDdFf]"
    rb"|[89A-Fa-f][0-9A-Fa-f])"
)
"""Of a character that can stand in a name in no other way (clause 7.3.5): white space,
delimiters, "#", and what is not ASCII. Null stands in none: for some readers a name
ends with it."""
_HEX_STRING = re.compile(rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*>")
_LITERAL_MARK = re.compile(rb"[()\\]")
_ATOM = re.compile(
    rb"[0-9]{1,10}[\x00\t\n\x0c\r ]+[0-9]{1,5}[\x00\t\n\x0c\r ]+R(?![0-9A-Za-z])"
    rb"|[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)|true|false|null"
)
_STREAM = re.compile(rb"[\x00\t\n\x0c\r ]*stream(?:\r\n|\n)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a dictionary and the bytes its value occupies."""

    key: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ScannedObject:
    """One indirect object: its dictionary's entries and where its value ends.

    Args:
        entries: empty unless the value is a dictionary.
        end: first byte after the value (before ``stream`` or ``endobj``).
        stream_start: first byte of the stream's data, None without a stream.
    """

    number: int
    start: int
    entries: tuple[Entry, ...]
    end: int
    stream_start: int | None


def scan_object(data: bytes, start: int) -> ScannedObject:
    """Scan the indirect object whose header begins at `start`.

    Raises:
        SigningError: PDF_MALFORMED, other than one well-formed object.
    """
    header = _HEADER.match(data, start)
    if header is None:
        raise _refusal(start)
    at = skip_blank(data, header.end())
    entries: tuple[Entry, ...] = ()
    if data.startswith(b"<<", at):
        entries, end = scan_dictionary(data, at)
    else:
        end = _skip_value(data, at, 0)
    stream = _STREAM.match(data, end)
    return ScannedObject(
        number=int(header[1]),
        start=start,
        entries=entries,
        end=end,
        stream_start=stream.end() if stream else None,
    )


def scan_dictionary(
    data: bytes, start: int, depth: int = 0
) -> tuple[tuple[Entry, ...], int]:
    """Scan the dictionary that begins at `start`; return its entries and its end.

    Raises:
        SigningError: PDF_MALFORMED, not a dictionary.
    """
    if not data.startswith(b"<<", start):
        raise _refusal(start)
    entries: list[Entry] = []
    at = skip_blank(data, start + 2)
    while not data.startswith(b">>", at):
        entry = _entry(data, at, depth)
        entries.append(entry)
        at = skip_blank(data, entry.end)
    return tuple(entries), at + 2


def is_second_spelling(key: bytes) -> bool:
    """Tell whether a key spells a character by "#" that needs none, or may not be."""
    return b"#" in key and b"#" in _ESCAPE_NEEDED.sub(b"", key)


def skip_blank(data: bytes, at: int) -> int:
    """Return the first position from `at` on that is no white space."""
    blank = _BLANK.match(data, at)
    return blank.end() if blank else at


def _entry(data: bytes, at: int, depth: int) -> Entry:
    name = _NAME.match(data, at)
    if name is None or is_second_spelling(name[0]):
        raise _refusal(at)
    start = skip_blank(data, name.end())
    return Entry(name[0], start, _skip_value(data, start, depth + 1))


def _skip_value(data: bytes, at: int, depth: int) -> int:
    if depth > MAX_FIELD_DEPTH:
        raise _refusal(at)
    if data.startswith(b"<<", at):
        return scan_dictionary(data, at, depth)[1]
    if data.startswith(b"[", at):
        return _skip_array(data, at, depth)
    if data.startswith(b"(", at):
        return _skip_literal(data, at)
    for shape in (_HEX_STRING, _NAME, _ATOM):
        found = shape.match(data, at)
        if found:
            return found.end()
    raise _refusal(at)


def _skip_array(data: bytes, start: int, depth: int) -> int:
    at = skip_blank(data, start + 1)
    while not data.startswith(b"]", at):
        at = skip_blank(data, _skip_value(data, at, depth + 1))
    return at + 1


def _skip_literal(data: bytes, start: int) -> int:
    """Skip a literal string: balanced parentheses, backslash escapes (7.3.4.2)."""
    depth, at = 1, start + 1
    while depth:
        mark = _LITERAL_MARK.search(data, at)
        if mark is None:
            raise _refusal(start)
        at = mark.end() + (mark[0] == b"\\")
        depth += (mark[0] == b"(") - (mark[0] == b")")
    return at


def _refusal(at: int) -> SigningError:
    return SigningError(ErrorCode.PDF_MALFORMED, place=f"byte {at}")
