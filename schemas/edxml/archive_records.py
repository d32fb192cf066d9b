"""The records around the data of a one-entry zip archive (APPNOTE 4.3)."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from schemas.errors import ErrorCode, SchemaError

SIGNATURE = b"PK\x03\x04"
"""How an archive begins: the local header of its first entry."""

LARGEST_TAIL = 8_192
"""Bytes that may follow the data: records, names, a comment."""

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_DIRECTORY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END_64 = b"PK\x06\x06"
_END_64_SIZE = 56 + 20  # APPNOTE 4.3.14 without extensible data, and 4.3.15

_LARGEST_HEADER = 4_096
_HAS_DESCRIPTOR = 0x0008
_KNOWN_FLAGS = 0x080E  # deflate options, descriptor, UTF-8 name; never encryption
_IN_ZIP64 = 0xFFFFFFFF


class Method(IntEnum):
    """Compression methods (APPNOTE 4.4.5) that are read."""

    STORED = 0
    DEFLATED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHeader:
    """What stands before the data; `length` is the header's own."""

    flags: int
    method: Method
    crc: int
    carried: int
    size: int
    name: bytes
    length: int

    @property
    def has_descriptor(self) -> bool:
        """Whether digest and sizes stand after the data instead."""
        return bool(self.flags & _HAS_DESCRIPTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found when the data was read."""

    crc: int
    carried: int
    size: int


def read_local_header(data: bytes) -> LocalHeader | None:
    """Read the header at the beginning of `data`; None while it is incomplete.

    Raises:
        SchemaError: no header, or of an entry that is not read (ARCHIVE_REFUSED).
    """
    if len(data) < _LOCAL.size:
        return None
    start, _, flags, method, _, _, crc, carried, size, name, extra = _LOCAL.unpack(
        data[: _LOCAL.size]
    )
    length = _LOCAL.size + name + extra
    if start != SIGNATURE or flags & ~_KNOWN_FLAGS or length > _LARGEST_HEADER:
        raise _refusal("header")
    if len(data) < length:
        return None
    return _readable(
        LocalHeader(
            flags=flags,
            method=_method(method),
            crc=crc,
            carried=carried,
            size=size,
            name=data[_LOCAL.size : _LOCAL.size + name],
            length=length,
        )
    )


def check_tail(tail: bytes, header: LocalHeader, outcome: Outcome) -> None:
    """Require that what stands after the data is one true record and the end.

    Raises:
        SchemaError: anything else (ARCHIVE_REFUSED).
    """
    rest = _after_descriptor(tail, header, outcome)
    rest = _after_directory(rest, header, outcome)
    if rest.startswith(_END_64):
        rest = rest[_END_64_SIZE:]
    _require_end(rest)


def _method(number: int) -> Method:
    try:
        return Method(number)
    except ValueError as error:
        raise _refusal("method") from error


def _readable(header: LocalHeader) -> LocalHeader:
    """Refuse a folder, and stored data that does not say where it ends."""
    endless = header.has_descriptor or header.carried == _IN_ZIP64
    if header.method is Method.STORED and endless:
        raise _refusal("method")
    if header.name.endswith(b"/"):
        raise _refusal("folder")
    return header


def _after_descriptor(tail: bytes, header: LocalHeader, outcome: Outcome) -> bytes:
    """Return what follows the data descriptor, with or without its signature."""
    if not header.has_descriptor:
        _require_truth((header.crc, header.carried, header.size), outcome)
        return tail
    for form in ("<III", "<IQQ"):
        said = struct.pack(form, outcome.crc, outcome.carried, outcome.size)
        for descriptor in (b"PK\x07\x08" + said, said):
            if tail.startswith(descriptor):
                return tail[len(descriptor) :]
    raise _refusal("descriptor")


def _after_directory(tail: bytes, header: LocalHeader, outcome: Outcome) -> bytes:
    """Return what follows the one directory record."""
    if len(tail) < _DIRECTORY.size:
        raise _refusal("directory")
    record = _DIRECTORY.unpack(tail[: _DIRECTORY.size])
    start, _, _, flags, method, _, _, crc, carried, size, name, extra, comment = record[
        :13
    ]
    if start != b"PK\x01\x02" or (flags, method) != (header.flags, header.method):
        raise _refusal("directory")
    _require_truth((crc, carried, size), outcome)
    end = _DIRECTORY.size + name
    if tail[_DIRECTORY.size : end] != header.name:
        raise _refusal("directory")
    return tail[end + extra + comment :]


def _require_truth(said: tuple[int, int, int], outcome: Outcome) -> None:
    """Compare digest and sizes; large archives keep sizes in an extra field."""
    crc, carried, size = said
    true_carried = carried in {outcome.carried, _IN_ZIP64}
    true_size = size in {outcome.size, _IN_ZIP64}
    if crc != outcome.crc or not true_carried or not true_size:
        raise _refusal("sizes")


def _require_end(tail: bytes) -> None:
    """Require the end record of a directory with one entry, and nothing after it."""
    if len(tail) < _END.size:
        raise _refusal("end")
    start, _, _, _, entries, _, _, comment = _END.unpack(tail[: _END.size])
    if start != b"PK\x05\x06" or entries != 1 or len(tail) != _END.size + comment:
        raise _refusal("end")


def _refusal(place: str) -> SchemaError:
    return SchemaError(ErrorCode.ARCHIVE_REFUSED, place=place)
