"""The one-entry zip archive around an attachment, read piece by piece.

Vendors' systems wrap each attachment in a zip archive with one entry whose name is
random (notes: domain 1.6). Only that form is read: a local header, the data, exactly
one directory record that says the same (APPNOTE 4.3), and nothing else; so no two
readers can find different contents.
"""

import zlib
from collections.abc import Iterator

from schemas.edxml.archive_records import (
    LARGEST_TAIL,
    LocalHeader,
    Method,
    Outcome,
    check_tail,
    read_local_header,
)
from schemas.errors import ErrorCode, SchemaError

FREE_EXPANSION = 1024 * 1024
"""Bytes any archive may become, whatever its size; small texts shrink a lot."""

DEFLATE_EXPANSION = 1_040
"""More than deflate can reach; for archives whose content was measured before."""

_PIECE = 64 * 1024


class ArchiveExceededError(SchemaError):
    """The content is larger than its cap, or grows too much from its archive."""


class OneEntryArchive:
    """Yields the content of a one-entry archive.

    Args:
        largest: bytes the content may have.
        expansion: how many bytes one byte of the archive may become, beyond
            `FREE_EXPANSION`.
    """

    def __init__(self, *, largest: int, expansion: int) -> None:
        self._largest = largest
        self._expansion = expansion
        self._header: LocalHeader | None = None
        self._data: _Stored | _Deflated = _Stored(0)
        self._pending = b""
        self._fed = self._size = self._crc = 0

    @property
    def entry_name(self) -> str:
        """Name of the entry, empty while its header is incomplete."""
        return self._header.name.decode("utf-8", "replace") if self._header else ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the content that `data` adds.

        Raises:
            ArchiveExceededError: it is too much (ARCHIVE_REFUSED).
            SchemaError: not such an archive (ARCHIVE_REFUSED).
        """
        self._fed += len(data)
        self._pending += data
        if self._header is None and not self._read_header():
            return
        if not self._data.done:
            data, self._pending = self._pending, b""
            for piece in self._data.feed(data):
                yield self._counted(piece)
            self._pending = self._data.after
        if self._data.done and len(self._pending) > LARGEST_TAIL:
            raise SchemaError(ErrorCode.ARCHIVE_REFUSED, place="directory")

    def finish(self) -> None:
        """Require that the archive was complete and said the truth.

        Raises:
            SchemaError: it was or did not (ARCHIVE_REFUSED).
        """
        if self._header is None or not self._data.done:
            raise SchemaError(ErrorCode.ARCHIVE_REFUSED, place="end")
        outcome = Outcome(crc=self._crc, carried=self._data.taken, size=self._size)
        check_tail(self._pending, self._header, outcome)

    def _read_header(self) -> bool:
        """Read the local header once it is all there."""
        found = read_local_header(self._pending)
        if found is None:
            return False
        self._header, self._pending = found, self._pending[found.length :]
        if found.method is Method.STORED:
            self._data = _Stored(found.carried)
        else:
            self._data = _Deflated()
        return True

    def _counted(self, piece: bytes) -> bytes:
        self._size += len(piece)
        self._crc = zlib.crc32(piece, self._crc)
        allowance = FREE_EXPANSION + self._expansion * self._fed
        if self._size > min(self._largest, allowance):
            raise ArchiveExceededError(ErrorCode.ARCHIVE_REFUSED, place="size")
        return piece


class _Stored:
    """Data kept as it is; its length is known from the header."""

    def __init__(self, length: int) -> None:
        self._length = length
        self.taken = 0
        self.after = b""

    @property
    def done(self) -> bool:
        return self.taken == self._length

    def feed(self, data: bytes) -> Iterator[bytes]:
        piece = data[: self._length - self.taken]
        self.after = data[len(piece) :]
        self.taken += len(piece)
        yield piece


class _Deflated:
    """Data compressed by deflate (RFC 1951), which says itself where it ends."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self.taken = 0
        self.after = b""

    @property
    def done(self) -> bool:
        return self._inflater.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield pieces small enough to stop an archive that grows too much."""
        self.taken += len(data)
        while data and not self.done:
            yield self._inflate(data)
            data = self._inflater.unconsumed_tail
        if self.done:
            self.after = self._inflater.unused_data
            self.taken -= len(self.after)

    def _inflate(self, data: bytes) -> bytes:
        try:
            return self._inflater.decompress(data, _PIECE)
        except zlib.error as error:
            raise SchemaError(ErrorCode.ARCHIVE_REFUSED, place="data") from error
