"""The one spelling of an evidence bundle: a zip archive without any freedom.

Members are stored, in the order of their names after the manifest, all with the same
fixed fields. A reader takes the members out and writes the archive again: a byte that
differs has no reason to be there (APPNOTE.TXT 6.3.10 sections 4.3.7, 4.3.12, 4.3.16).
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.errors import ErrorCode
from signing.errors import SigningError

MANIFEST = "manifest.xml"

MAXIMUM_SIZE = 256 * 1024 * 1024
MAXIMUM_MEMBERS = 65_534
"""The format counts in two bytes, and all ones would name another form of it (4.4.22).

A letter to the communes of the country with statuses of all of them has about 30,000.
"""

_MAXIMUM_NAME = 255

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

_VERSION = 20
_UTF8_NAMES = 0x800
_STORED = 0
_TIME, _DATE = 0, 0x21
"""Midnight of 1980-01-01, the first moment the format knows."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was read.

    Args:
        members: content by name, in order.
        departure: the member near which the archive is not in its one spelling;
            None when it is.
    """

    members: Mapping[str, bytes]
    departure: str | None


def write_bundle(members: Mapping[str, bytes]) -> bytes:
    """Return the archive of `members`.

    Raises:
        SigningError: too many members, too large, or a name no archive can carry
            (LIMIT_EXCEEDED).
    """
    if not 1 <= len(members) <= MAXIMUM_MEMBERS:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="members")
    if sum(map(len, members.values())) > MAXIMUM_SIZE:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="bundle")
    pieces: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name in sorted(members, key=lambda one: (one != MANIFEST, one)):
        content, encoded = members[name], _encoded(name)
        fields = _fields(encoded, content)
        local = _LOCAL.pack(_LOCAL_MARK, _VERSION, *fields, 0) + encoded
        central = (_CENTRAL_MARK, _VERSION, _VERSION, *fields, 0, 0, 0, 0, 0, offset)
        directory.append(_CENTRAL.pack(*central) + encoded)
        pieces += (local, content)
        offset += len(local) + len(content)
    listed = b"".join(directory)
    count = len(members)
    end = _END.pack(_END_MARK, 0, 0, count, count, len(listed), offset, 0)
    return b"".join((*pieces, listed, end))


def read_bundle(data: bytes) -> Archive:
    """Take the members out of an archive.

    Raises:
        SigningError: too large (LIMIT_EXCEEDED), or not even its members can be told
            apart (BUNDLE_STRUCTURE_INVALID, with the last member read).
    """
    if len(data) > MAXIMUM_SIZE:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="bundle")
    members: dict[str, bytes] = {}
    starts: dict[str, int] = {}
    for name, start, content in _walk(data):
        if name in members or len(members) >= MAXIMUM_MEMBERS:
            raise _invalid(name)
        members[name], starts[name] = content, start
    if not members:
        raise _invalid("archive")
    return Archive(members, _departure(data, write_bundle(members), starts))


def _walk(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield name, first byte and content of every member, one after the other."""
    position, name = 0, "archive"
    while data[position : position + 4] == _LOCAL_MARK:
        if len(data) < position + _LOCAL.size:
            raise _invalid(name)
        *_, size, same_size, name_size, extra_size = _LOCAL.unpack_from(data, position)
        begin = position + _LOCAL.size + name_size
        if size != same_size or extra_size or begin + size > len(data):
            raise _invalid(name)
        name = _decoded(data[begin - name_size : begin], name)
        yield name, position, data[begin : begin + size]
        position = begin + size
    if data[position : position + 4] not in {_CENTRAL_MARK, _END_MARK}:
        raise _invalid(name)


def _departure(data: bytes, expected: bytes, starts: Mapping[str, int]) -> str | None:
    """Name the member in which the first byte stands that should not."""
    if data == expected:
        return None
    position = _first_difference(data, expected)
    directory = len(expected) - _END.size
    before = [name for name, start in starts.items() if start <= position]
    size = sum(_CENTRAL.size + len(_encoded(name)) for name in starts)
    if position >= directory - size:
        return "directory"
    return before[-1] if before else "archive"


def _first_difference(data: bytes, expected: bytes) -> int:
    """Return where two texts part, halving the stretch that is known to differ."""
    low, high = 0, min(len(data), len(expected))
    while low < high:
        middle = (low + high) // 2
        if data[low : middle + 1] == expected[low : middle + 1]:
            low = middle + 1
        else:
            high = middle
    return low


def _fields(encoded: bytes, content: bytes) -> tuple[int, ...]:
    """Return the fields both headers of a member have in common."""
    size = len(content)
    check = zlib.crc32(content)
    return (_UTF8_NAMES, _STORED, _TIME, _DATE, check, size, size, len(encoded))


def _encoded(name: str) -> bytes:
    encoded = name.encode()
    if not 1 <= len(encoded) <= _MAXIMUM_NAME:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place=name)
    return encoded


def _decoded(encoded: bytes, before: str) -> str:
    try:
        name = encoded.decode()
    except UnicodeDecodeError as error:
        raise _invalid(before) from error
    if not 1 <= len(encoded) <= _MAXIMUM_NAME:
        raise _invalid(before)
    return name


def _invalid(place: str) -> SigningError:
    return SigningError(ErrorCode.BUNDLE_STRUCTURE_INVALID, place=place)
