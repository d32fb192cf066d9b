"""PDF values as plain Python ones (ISO 32000-2 clause 7.3), to compare two of them.

Names, numbers and strings have several spellings; two spellings of one value are equal
here. What is not known is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from schemas.errors import ErrorCode
from signing.errors import SigningError

MAX_DEPTH = 32

_BLANK = re.compile(rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*[\r\n])*")
_NAME = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]*)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_HEX_STRING = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>")
_REFERENCE = re.compile(
    rb"([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+R(?![0-9A-Za-z])"
)
_NUMBER = re.compile(rb"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_WORD = re.compile(rb"(true|false|null)(?![0-9A-Za-z])")
_WORDS: Mapping[bytes, bool | None] = {b"true": True, b"false": False, b"null": None}
_MARK = re.compile(rb"[()]|\\(?:[0-7]{1,3}|\r\n|[\x00-\xff])|\r\n|\r")
_ESCAPES = {
    b"\\n": b"\n",
    b"\\r": b"\r",
    b"\\t": b"\t",
    b"\\b": b"\b",
    b"\\f": b"\f",
    b"\\\r\n": b"",
    b"\\\r": b"",
    b"\\\n": b"",
    b"\r\n": b"\n",
    b"\r": b"\n",
}
_OCTAL = re.compile(rb"\\([0-7]{1,3})")


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an indirect object."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string: its text where its encoding is certain, else its bytes."""

    content: str | bytes


Value = object
"""None, bool, int, Decimal, Name, Text, Reference, a list or a Dictionary."""


class Dictionary(dict[str, Value]):
    """Entries of a dictionary by name."""

    __slots__ = ()


def same(old: Value, new: Value) -> bool:
    """Tell whether two values are one to every reader.

    Python takes True for 1; a PDF reader takes an integer for a real, and not the other
    way round (ISO 32000-2 7.3.3).
    """
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, Dictionary) and isinstance(new, Dictionary):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, Decimal) and type(new) is int:
        return old == new
    return type(old) is type(new) and old == new


def parse_value(data: bytes, at: int, depth: int = 0) -> tuple[Value, int]:
    """Return the value that begins at `at`, and its end.

    Raises:
        SigningError: PDF_MALFORMED.
    """
    if depth > MAX_DEPTH:
        raise malformed(at)
    if data.startswith(b"<<", at):
        return _dictionary(data, at + 2, depth)
    match data[at : at + 1]:
        case b"[":
            return _array(data, at + 1, depth)
        case b"(":
            return _literal(data, at)
        case b"/":
            return _name(data, at)
        case b"<":
            return _hexadecimal(data, at)
        case _:
            return _atom(data, at)


def skip_blank(data: bytes, at: int) -> int:
    """Return the first position from `at` on that is no space and no comment."""
    blank = _BLANK.match(data, at)
    return blank.end() if blank else at


def malformed(at: int) -> SigningError:
    """Return the refusal of what stands at byte `at`."""
    return SigningError(ErrorCode.PDF_MALFORMED, place=f"byte {at}")


def _dictionary(data: bytes, start: int, depth: int) -> tuple[Dictionary, int]:
    found, at = Dictionary(), skip_blank(data, start)
    while not data.startswith(b">>", at):
        if data[at : at + 1] != b"/":
            raise malformed(at)
        key, end = _name(data, at)
        if key in found:
            raise malformed(at)
        found[key], end = parse_value(data, skip_blank(data, end), depth + 1)
        at = skip_blank(data, end)
    return found, at + 2


def _array(data: bytes, start: int, depth: int) -> tuple[list[Value], int]:
    found: list[Value] = []
    at = skip_blank(data, start)
    while data[at : at + 1] != b"]":
        value, end = parse_value(data, at, depth + 1)
        found.append(value)
        at = skip_blank(data, end)
    return found, at + 1


def _name(data: bytes, at: int) -> tuple[Name, int]:
    match = _NAME.match(data, at)
    if match is None:
        raise malformed(at)
    octets = _ESCAPED.sub(lambda one: bytes.fromhex(one[1].decode()), match[1])
    return Name(octets.decode("latin-1")), match.end()


def _hexadecimal(data: bytes, at: int) -> tuple[Text, int]:
    match = _HEX_STRING.match(data, at)
    if match is None:
        raise malformed(at)
    digits = match[1].translate(None, b"\x00\t\n\x0c\r ")
    octets = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return _text(octets), match.end()


def _literal(data: bytes, start: int) -> tuple[Text, int]:
    """Read a literal string with its escapes (7.3.4.2)."""
    depth, at, pieces = 1, start + 1, list[bytes]()
    while depth:
        mark = _MARK.search(data, at)
        if mark is None:
            raise malformed(start)
        pieces.append(data[at : mark.start()])
        depth += (mark[0] == b"(") - (mark[0] == b")")
        if depth:
            pieces.append(_unescaped(mark[0]))
        at = mark.end()
    return _text(b"".join(pieces)), at


def _unescaped(mark: bytes) -> bytes:
    octal = _OCTAL.fullmatch(mark)
    if octal:
        return bytes((int(octal[1], 8) & 0xFF,))
    known = _ESCAPES.get(mark)
    return mark.removeprefix(b"\\") if known is None else known


def _text(octets: bytes) -> Text:
    """Decode what says how it is encoded (7.9.2.2), and plain ASCII."""
    if octets.startswith(b"\xfe\xff"):
        return _decoded(octets, octets[2:], "utf-16-be")
    if octets.startswith(b"\xef\xbb\xbf"):
        return _decoded(octets, octets[3:], "utf-8")
    return _decoded(octets, octets, "ascii")


def _decoded(octets: bytes, content: bytes, encoding: str) -> Text:
    try:
        return Text(content.decode(encoding))
    except UnicodeDecodeError:
        return Text(octets)


def _atom(data: bytes, at: int) -> tuple[Value, int]:
    if reference := _REFERENCE.match(data, at):
        return Reference(int(reference[1]), int(reference[2])), reference.end()
    if number := _NUMBER.match(data, at):
        text = number[0].decode()
        return (Decimal(text) if "." in text else int(text)), number.end()
    if word := _WORD.match(data, at):
        return _WORDS[word[1]], word.end()
    raise malformed(at)
