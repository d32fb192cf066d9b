"""The objects of a PDF file as its cross-reference sections list them.

Strict, and no more than a client needs to compare a file before and after: tables and
streams of references, compressed objects, no encryption, no hybrid files (ISO 32000-2
clauses 7.5.4 to 7.5.8).
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.remote_check.references import refers
from signing.remote_check.values import (
    Dictionary,
    Name,
    Reference,
    Value,
    malformed,
    parse_value,
    skip_blank,
)

MAX_SECTIONS = 200
MAX_DECODED = 32 * 1024 * 1024

_HEADER = re.compile(
    rb"([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+obj"
)
_STREAM = re.compile(rb"[\x00\t\n\x0c\r ]*stream(?:\r\n|\n)")
_END_STREAM = re.compile(rb"[\x00\t\n\x0c\r ]*endstream[\x00\t\n\x0c\r ]*endobj")
_END_OBJECT = re.compile(rb"[\x00\t\n\x0c\r ]*endobj")
_SUBSECTION = re.compile(rb"[\x00\t\n\x0c\r ]*([0-9]{1,10}) +([0-9]{1,10}) *[\r\n]+")
_ROW = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([fn])(?: \r| \n|\r\n|\n|\r) *")
_TRAILER = re.compile(rb"[\x00\t\n\x0c\r ]*trailer[\x00\t\n\x0c\r ]*")
_START = re.compile(rb"startxref[\x00\t\n\x0c\r ]+([0-9]{1,10})[\x00\t\n\x0c\r ]+%%EOF")
_PNG = 10
_IN_FILE = 1
_END_WITHIN = 2048


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is: at a byte, or in the object stream of a number.

    Args:
        generation: it is listed under; what is in an object stream is of generation 0.
    """

    offset: int = 0
    stream: int | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True)
class IndirectObject:
    """One object as it stands in the file.

    Args:
        end: first byte after ``endobj``.
        stream: the bounds of its data; None without any.
    """

    number: int
    generation: int
    start: int
    end: int
    value: Value
    stream: tuple[int, int] | None = None

    @property
    def dictionary(self) -> Dictionary:
        """Its value.

        Raises:
            SigningError: PDF_MALFORMED, no dictionary.
        """
        if not isinstance(self.value, Dictionary):
            raise malformed(self.start)
        return self.value


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section.

    Args:
        places: of the objects it lists; None for those it frees.
        end: first byte after trailer or stream.
        own: number of the object it is, where it is a stream.
    """

    start: int
    places: dict[int, Place | None]
    trailer: Dictionary
    end: int
    own: int | None = None


def read_object(
    data: bytes, start: int, resolve: Callable[[Value], Value] | None = None
) -> IndirectObject:
    """Read the indirect object that begins at `start`.

    Args:
        data: of the file.
        start: where its header is.
        resolve: follows a reference; without it the length must be direct.

    Raises:
        SigningError: PDF_MALFORMED.
    """
    header = _HEADER.match(data, start)
    if header is None:
        raise malformed(start)
    number, generation = int(header[1]), int(header[2])
    value, end = parse_value(data, skip_blank(data, header.end()))
    stream = _STREAM.match(data, end) if isinstance(value, Dictionary) else None
    if stream is None:
        closing = _END_OBJECT.match(data, end)
        bounds = None
    else:
        length = _length(value, start, resolve, most=len(data))
        bounds = (stream.end(), stream.end() + length)
        closing = _END_STREAM.match(data, bounds[1])
    if closing is None:
        raise malformed(start)
    return IndirectObject(number, generation, start, closing.end(), value, bounds)


def _length(
    value: Value, start: int, resolve: Callable[[Value], Value] | None, *, most: int
) -> int:
    length = value.get("Length") if isinstance(value, Dictionary) else None
    length = resolve(length) if resolve else length
    if type(length) is not int or not 0 <= length <= most:
        raise malformed(start)
    return length


def decoded(data: bytes, found: IndirectObject) -> bytes:
    """Return the data of a stream, unpacked (clauses 7.4.4.2 to 7.4.4.4).

    Raises:
        SigningError: PDF_MALFORMED, LIMIT_EXCEEDED.
    """
    if found.stream is None:
        raise malformed(found.start)
    content = data[slice(*found.stream)]
    filters = found.dictionary.get("Filter")
    if filters is None or filters == []:
        return content
    if filters not in (Name("FlateDecode"), [Name("FlateDecode")]):
        raise malformed(found.start)
    return _unpredicted(_inflated(content, found.start), found)


def _inflated(content: bytes, start: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(content, MAX_DECODED)
    except zlib.error as error:
        raise malformed(start) from error
    if unpacking.unconsumed_tail:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place=f"byte {start}")
    return plain


def _unpredicted(plain: bytes, found: IndirectObject) -> bytes:
    parameters = found.dictionary.get("DecodeParms")
    if isinstance(parameters, list) and len(parameters) == 1:
        parameters = parameters[0]
    if parameters is None:
        return plain
    if not isinstance(parameters, Dictionary):
        raise malformed(found.start)
    if parameters.get("Predictor", 1) == 1:
        return plain
    columns, predictor = parameters.get("Columns", 1), parameters["Predictor"]
    if type(columns) is not int or type(predictor) is not int or predictor < _PNG:
        raise malformed(found.start)
    if not 0 < columns <= MAX_DECODED:
        raise malformed(found.start)
    rows, before = bytearray(), bytes(columns)
    for at in range(0, len(plain), columns + 1):
        before = _row(plain[at], plain[at + 1 : at + 1 + columns], before, found.start)
        rows += before
    return bytes(rows)


def _row(kind: int, row: bytes, before: bytes, start: int) -> bytes:
    """Undo None, Sub and Up of PNG; what writes references uses no other."""
    match kind:
        case 0:
            return row
        case 2:
            return bytes((x + y) & 0xFF for x, y in zip(row, before, strict=False))
        case 1:
            left, done = 0, bytearray()
            for one in row:
                left = (left + one) & 0xFF
                done.append(left)
            return bytes(done)
        case _:
            raise malformed(start)


def read_section(data: bytes, start: int) -> Section:
    """Read the cross-reference section that begins at `start`.

    Raises:
        SigningError: PDF_MALFORMED; PDF_HYBRID.
    """
    start = skip_blank(data, start)
    section = _table(data, start) if data.startswith(b"xref", start) else None
    section = section or _stream_section(data, start)
    if "XRefStm" in section.trailer:
        raise SigningError(ErrorCode.PDF_HYBRID)
    if "Encrypt" in section.trailer:
        raise SigningError(ErrorCode.PDF_ENCRYPTED)
    return section


def _table(data: bytes, start: int) -> Section:
    places: dict[int, Place | None] = {}
    at = start + len(b"xref")
    while heading := _SUBSECTION.match(data, at):
        at = heading.end()
        for number in range(int(heading[1]), int(heading[1]) + int(heading[2])):
            row = _ROW.match(data, at)
            if row is None or number in places:
                raise malformed(at)
            place = Place(int(row[1]), generation=int(row[2]))
            places[number] = place if row[3] == b"n" else None
            at = row.end()
    trailer = _TRAILER.match(data, at)
    if trailer is None:
        raise malformed(at)
    value, end = parse_value(data, trailer.end())
    if not isinstance(value, Dictionary):
        raise malformed(at)
    return Section(start, places, value, end)


def _stream_section(data: bytes, start: int) -> Section:
    found = read_object(data, start)
    trailer = found.dictionary
    if trailer.get("Type") != Name("XRef"):
        raise malformed(start)
    places: dict[int, Place | None] = {}
    for number, place in _rows(decoded(data, found), trailer, start):
        # Of two rows for one number readers take the first or the last.
        if number in places:
            raise malformed(start)
        places[number] = place
    return Section(start, places, trailer, found.end, found.number)


def _rows(
    content: bytes, trailer: Dictionary, start: int
) -> Iterator[tuple[int, Place | None]]:
    widths, index = _whole(trailer.get("W")), trailer.get("Index")
    spans = _whole(index) if index is not None else [0, *_whole([trailer.get("Size")])]
    if len(widths) != 3 or not 0 < sum(widths) <= 24 or len(spans) % 2:
        raise malformed(start)
    one, two, three = widths
    at = 0
    for first, count in zip(spans[::2], spans[1::2], strict=True):
        for number in range(first, first + count):
            row = content[at : at + one + two + three]
            if len(row) < one + two + three:
                raise malformed(start)
            kind = int.from_bytes(row[:one], "big") if one else _IN_FILE
            value = int.from_bytes(row[one : one + two], "big")
            yield number, _place(kind, value, int.from_bytes(row[one + two :], "big"))
            at += len(row)


def _place(kind: int, value: int, last: int) -> Place | None:
    """Read one row (table 18); the last column of an object in a stream is unused."""
    match kind:
        case 0:
            return None
        case 1:
            return Place(value, generation=last)
        case 2:
            return Place(stream=value)
        case _:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="XRef")


def _whole(numbers: Value) -> list[int]:
    if not isinstance(numbers, list):
        raise SigningError(ErrorCode.PDF_MALFORMED, place="XRef")
    found = [one for one in numbers if type(one) is int and one >= 0]
    if len(found) != len(numbers):
        raise SigningError(ErrorCode.PDF_MALFORMED, place="XRef")
    return found


@dataclass(slots=True)
class PdfObjects:
    """All objects of one file; the newest of each number."""

    data: bytes
    places: dict[int, Place | None] = field(default_factory=dict)
    trailer: Dictionary = field(default_factory=Dictionary)
    section_start: int = 0
    _streams: dict[int, dict[int, Value]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes) -> "PdfObjects":
        """Follow the cross-reference sections from the end of a file.

        Raises:
            SigningError: PDF_MALFORMED, PDF_HYBRID, PDF_ENCRYPTED, LIMIT_EXCEEDED.
        """
        ends = list(_START.finditer(data, max(0, len(data) - _END_WITHIN)))
        if not ends:
            raise malformed(len(data))
        found = cls(data, section_start=int(ends[-1][1]))
        found._follow(found.section_start)
        return found

    def _follow(self, start: Value) -> None:
        seen: set[int] = set()
        while start is not None:
            if type(start) is not int or start in seen or start >= len(self.data):
                raise SigningError(ErrorCode.PDF_MALFORMED, place="Prev")
            seen.add(start)
            if len(seen) > MAX_SECTIONS:
                raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="Prev")
            section = read_section(self.data, start)
            self.places = {**section.places, **self.places}
            self.trailer = self.trailer or section.trailer
            start = section.trailer.get("Prev")

    def value(self, number: int) -> Value:
        """Return the value of an object; null for one that is not there.

        Raises:
            SigningError: PDF_MALFORMED.
        """
        place = self.places.get(number)
        if place is None:
            return None
        if place.stream is not None:
            return self._compressed(place.stream).get(number)
        header = _HEADER.match(self.data, skip_blank(self.data, place.offset))
        if header is None or int(header[1]) != number:
            raise malformed(place.offset)
        return parse_value(self.data, skip_blank(self.data, header.end()))[0]

    def resolved(self, value: Value) -> Value:
        """Return what a value refers to, or the value itself."""
        return self.value(value.number) if isinstance(value, Reference) else value

    def refers_to(self, numbers: frozenset[int]) -> bool:
        """Tell whether anything in the file refers to one of `numbers`."""
        compressed = {one.stream for one in self.places.values() if one and one.stream}
        contents = (self._content(one) for one in sorted(compressed))
        return any(refers(text, numbers) for text in (self.data, *contents))

    def _compressed(self, stream: int) -> dict[int, Value]:
        if stream not in self._streams:
            self._streams[stream] = self._unpacked(stream)
        return self._streams[stream]

    def _unpacked(self, stream: int) -> dict[int, Value]:
        content, dictionary = self._content(stream), self.value(stream)
        first = dictionary.get("First") if isinstance(dictionary, Dictionary) else None
        if type(first) is not int:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="ObjStm")
        heads = content[:first].split()
        if len(heads) % 2 or not all(one.isdigit() for one in heads):
            raise SigningError(ErrorCode.PDF_MALFORMED, place="ObjStm")
        pairs = zip(heads[::2], heads[1::2], strict=True)
        return {
            int(number): parse_value(content, skip_blank(content, first + int(at)))[0]
            for number, at in pairs
        }

    def _content(self, stream: int) -> bytes:
        place = self.places.get(stream)
        if place is None or place.stream is not None:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="ObjStm")
        return decoded(self.data, read_object(self.data, place.offset, self._length))

    def _length(self, value: Value) -> Value:
        """Resolve the length of an object stream; it stands in none (7.5.7)."""
        place = self.places.get(value.number) if isinstance(value, Reference) else None
        if place is not None and place.stream is not None:
            raise SigningError(ErrorCode.PDF_MALFORMED, place="ObjStm")
        return self.resolved(value)
