"""DER as far as signatures and OCSP need it (X.690): written exactly, read strictly.

What is read comes from anybody; what is malformed raises `ValueError`, as in the
library that reads certificates.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.x509 import ObjectIdentifier

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30

_LONG_FORM = 0x80
_LENGTH_OCTETS = 4
_IDENTIFIER_OCTETS = 63


def primitive_tag(number: int) -> int:
    """Return the context-specific tag of an element without parts (8.1.2)."""
    return 0x80 | number


def constructed_tag(number: int) -> int:
    """Return the context-specific tag of an element with parts (8.1.2)."""
    return 0xA0 | number


def element(tag: int, content: bytes) -> bytes:
    """Encode one element (8.1)."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE of encoded elements (8.9)."""
    return element(SEQUENCE, b"".join(parts))


def bit_string(octets: bytes) -> bytes:
    """Encode a BIT STRING of whole octets (8.6)."""
    return element(BIT_STRING, b"\x00" + octets)


def enumerated(value: int) -> bytes:
    """Encode an ENUMERATED below 128 (8.4)."""
    return element(ENUMERATED, bytes((value,)))


def integer(value: int) -> bytes:
    """Encode an INTEGER in the fewest octets (8.3)."""
    octets = (8 + (value + (value < 0)).bit_length()) // 8
    return element(INTEGER, value.to_bytes(octets, "big", signed=True))


def generalized_time(at: datetime) -> bytes:
    """Encode a time in whole seconds (RFC 5280 4.1.2.5.2)."""
    text = at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
    return element(GENERALIZED_TIME, text.encode())


def read_generalized_time(content: bytes) -> datetime:
    """Decode the content of a time in whole seconds (RFC 5280 4.1.2.5.2).

    Raises:
        ValueError: it is none.
    """
    text = content.decode("ascii")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def object_identifier(identifier: ObjectIdentifier) -> bytes:
    """Encode an OBJECT IDENTIFIER (8.19)."""
    first, second, *rest = map(int, identifier.dotted_string.split("."))
    arcs = (40 * first + second, *rest)
    return element(OBJECT_IDENTIFIER, b"".join(map(_base128, arcs)))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def read_object_identifier(content: bytes) -> ObjectIdentifier:
    """Decode the content of an OBJECT IDENTIFIER (8.19).

    Raises:
        ValueError: it is none.
    """
    if not 0 < len(content) <= _IDENTIFIER_OCTETS or content[-1] >= _LONG_FORM:
        raise ValueError("object identifier is cut off or too long")
    arcs = [0]
    for octet in content:
        if octet == _LONG_FORM and not arcs[-1]:
            raise ValueError("arc is not in its shortest form")
        arcs[-1] = arcs[-1] << 7 | octet & 0x7F
        if not octet & _LONG_FORM:
            arcs.append(0)
    first = min(arcs[0] // 40, 2)
    numbers = (first, arcs[0] - 40 * first, *arcs[1:-1])
    return ObjectIdentifier(".".join(map(str, numbers)))


@dataclass(slots=True)
class DerReader:
    """Reads elements one after the other.

    Args:
        data: encoded elements.
        position: where the next one begins.
    """

    data: bytes
    position: int = 0

    def content(self, tag: int) -> bytes:
        """Return the content of the next element.

        Raises:
            ValueError: another tag, or not DER.
        """
        start, end = self._bounds(tag)
        self.position = end
        return self.data[start:end]

    def whole(self, tag: int) -> bytes:
        """Return the next element with its tag and length.

        Raises:
            ValueError: another tag, or not DER.
        """
        begin = self.position
        _, self.position = self._bounds(tag)
        return self.data[begin : self.position]

    def optional(self, tag: int) -> bytes | None:
        """Return the content of the next element if it has this tag.

        Raises:
            ValueError: not DER.
        """
        return self.content(tag) if self.follows(tag) else None

    def follows(self, tag: int) -> bool:
        """Tell whether the next element has this tag."""
        return self.data[self.position : self.position + 1] == bytes((tag,))

    @property
    def at_end(self) -> bool:
        """Whether nothing follows."""
        return self.position == len(self.data)

    def finish(self) -> None:
        """Check that nothing follows.

        Raises:
            ValueError: something does.
        """
        if not self.at_end:
            raise ValueError("data after the last element")

    def _bounds(self, tag: int) -> tuple[int, int]:
        data, at = self.data, self.position
        if len(data) < at + 2 or data[at] != tag:
            raise ValueError("another element than expected")
        size, start = data[at + 1], at + 2
        if size >= _LONG_FORM:
            size, start = self._long_length(size & ~_LONG_FORM, start)
        if start + size > len(data):
            raise ValueError("element ends after its parent")
        return start, start + size

    def _long_length(self, octets: int, start: int) -> tuple[int, int]:
        """Read a length of several octets, as short as it can be (10.1)."""
        size = int.from_bytes(self.data[start : start + octets], "big")
        shortest = (size.bit_length() + 7) // 8
        if size < _LONG_FORM or octets != shortest or octets > _LENGTH_OCTETS:
            raise ValueError("length is not in its shortest form")
        return size, start + octets
