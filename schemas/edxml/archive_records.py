"""The records around the data of a one-entry zip archive (APPNOTE 4.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from schemas.errors import ErrorCode, SchemaError

SIGNATURE = b"PK\x03\x04"
"""How an archive begins: the local header of its first entry."""

END_SIGNATURE = b"PK\x05\x06"
"""How the last record of an archive begins."""

FURTHEST_END = 22 + 0xFFFF
"""Bytes from where that record may begin to the end: itself and a comment."""

LARGEST_TAIL = 8_192
"""Bytes that may follow the data: records, names, a comment."""

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_DIRECTORY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END_64 = struct.Struct("<4sQHHIIQQQQ")  # APPNOTE 4.3.14 without extensible data
_END_64_REST = 44  # what its size field says: all but signature and that field
_LOCATOR_64 = struct.Struct("<4sIQI")
_EXTRA = struct.Struct("<HH")
_EXTRA_64 = 1  # APPNOTE 4.5.3
_ENDS = (END_SIGNATURE, b"PK\x06\x06", b"PK\x06\x07")

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
    """What stands before the data; `length` is the header's own, `extra` its end."""

    flags: int
    method: Method
    crc: int
    carried: int
    size: int
    name: bytes
    extra: bytes
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
            extra=data[_LOCAL.size + name : length],
            length=length,
        )
    )


def check_tail(tail: bytes, header: LocalHeader, outcome: Outcome) -> None:
    """Require that what stands after the data is one true record and the end.

    Readers find an entry from the end: by the place of the directory, by its size, or
    by the first end record met on the way back. Each must lead to the one that is here.

    Raises:
        SchemaError: anything else (ARCHIVE_REFUSED).
    """
    directory = _after_descriptor(tail, header, outcome)
    rest = _after_directory(directory, header, outcome)
    start = header.length + outcome.carried + len(tail) - len(directory)
    _require_end(rest, start=start, size=len(directory) - len(rest))


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
        sizes = (header.size, header.carried)
        _require_truth(header.crc, sizes, header.extra, outcome)
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
    after_name = _DIRECTORY.size + name
    after_extra = after_name + extra
    end = after_extra + comment
    if tail[_DIRECTORY.size : after_name] != header.name:
        raise _refusal("directory")
    _refuse_ends(tail[after_name:end])
    said = (size, carried, record[-1])
    _require_truth(crc, said, tail[after_name:after_extra], outcome)
    return tail[end:]


def _require_truth(
    crc: int, said: tuple[int, ...], extra: bytes, outcome: Outcome
) -> None:
    """Compare digest, sizes and, in the directory, the place of the header: the start.

    Large archives keep what does not fit 32 bits in an extra field, in this order.
    """
    if crc != outcome.crc:
        raise _refusal("sizes")
    true = (outcome.size, outcome.carried, 0)
    pairs = list(zip(said, true, strict=False))
    elsewhere = [is_true for given, is_true in pairs if given == _IN_ZIP64]
    if any(given not in {is_true, _IN_ZIP64} for given, is_true in pairs):
        raise _refusal("sizes")
    if elsewhere and _extra_64(extra, len(elsewhere)) != tuple(elsewhere):
        raise _refusal("sizes")


def _extra_64(extra: bytes, count: int) -> tuple[int, ...]:
    """Return the first numbers of the one extra field with 64-bit sizes."""
    fields = [data for kind, data in _extras(extra) if kind == _EXTRA_64]
    if len(fields) != 1 or len(fields[0]) < 8 * count:
        raise _refusal("sizes")
    return struct.unpack_from(f"<{count}Q", fields[0])


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each extra field (APPNOTE 4.5.1)."""
    while len(extra) >= _EXTRA.size:
        kind, size = _EXTRA.unpack(extra[: _EXTRA.size])
        yield kind, extra[_EXTRA.size : _EXTRA.size + size]
        extra = extra[_EXTRA.size + size :]


def _require_end(tail: bytes, *, start: int, size: int) -> None:
    """Require the end record of a directory with one entry, and nothing after it.

    Args:
        tail: what follows the directory.
        start: where the directory stands.
        size: how long it is.
    """
    rest = _after_end_64(tail, start=start, size=size)
    if len(rest) < _END.size:
        raise _refusal("end")
    begin, *disks, said_size, said_start, comment = _END.unpack(rest[: _END.size])
    if begin != END_SIGNATURE or disks != [0, 0, 1, 1]:
        raise _refusal("end")
    elsewhere = set() if rest is tail else {_IN_ZIP64}
    if said_size not in {size, *elsewhere} or said_start not in {start, *elsewhere}:
        raise _refusal("end")
    if len(rest) != _END.size + comment:
        raise _refusal("end")
    _refuse_ends(rest[_END.size :])


def _after_end_64(tail: bytes, *, start: int, size: int) -> bytes:
    """Return what follows the 64-bit end record and its locator, if they are here."""
    if not tail.startswith(b"PK\x06\x06"):
        return tail
    end = _END_64.size + _LOCATOR_64.size
    if len(tail) < end:
        raise _refusal("end")
    _, length, _, _, *said = _END_64.unpack(tail[: _END_64.size])
    located = _LOCATOR_64.unpack(tail[_END_64.size : end])
    if length != _END_64_REST or said != [0, 0, 1, 1, size, start]:
        raise _refusal("end")
    if located != (b"PK\x06\x07", 0, start + size, 1):
        raise _refusal("end")
    return tail[end:]


def _refuse_ends(text: bytes) -> None:
    """Refuse free text in which a reader that looks for the end would find one."""
    if any(one in text for one in _ENDS):
        raise _refusal("comment")


def _refusal(place: str) -> SchemaError:
    return SchemaError(ErrorCode.ARCHIVE_REFUSED, place=place)
