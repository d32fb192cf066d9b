"""A body on its way in: scanned while it arrives, kept until it is decided."""

import asyncio
import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from typing import IO, Final, Self

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

PIECE_BYTES = 256 * 1024
"""Small enough that hashing or decoding one does not stall the event loop."""


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spool:
    """The raw bytes of one body; a context manager that forgets them at its end.

    Args:
        memory_bytes: larger bodies go to a temporary file without a name.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._memory: bytes | bytearray = b""
        self._file: IO[bytes] | None = None
        self.size = 0

    def __enter__(self) -> Self:
        """Keep bytes until the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget the bytes."""
        self._memory = b""
        if self._file is not None:
            # What it still had to write is not wanted any more.
            with suppress(OSError):
                self._file.close()

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            ExchangeError: there is no room for them (STORAGE_FULL).
        """
        size = self.size + len(data)
        if self._file is None and size <= self._memory_bytes:
            self._remember(data)
        else:
            with _room():
                self._append(data)
        self.size = size

    def _remember(self, data: bytes) -> None:
        """Keep bytes in memory; what came in one piece is not copied."""
        if not self._memory:
            self._memory = data
        elif isinstance(self._memory, bytearray):
            self._memory += data
        else:
            self._memory = bytearray(self._memory) + data

    def _append(self, data: bytes) -> None:
        if self._file is None:
            # Closed by __exit__: a spool lives exactly as long as its request.
            self._file = TemporaryFile()  # noqa: SIM115
            self._file.write(self._memory)
            self._memory = b""
        self._file.seek(self.size)
        self._file.write(data)

    def read(
        self,
        offset: int = 0,
        length: int | None = None,
        *,
        piece_bytes: int = PIECE_BYTES,
    ) -> Iterator[bytes]:
        """Yield a slice, or all from `offset`, in pieces.

        Args:
            offset: of the first byte.
            length: how many bytes; None: all there are.
            piece_bytes: the most bytes of a piece.

        Raises:
            ExchangeError: there was no room for all of it (STORAGE_FULL).
        """
        end = self.size if length is None else min(self.size, offset + length)
        while offset < end:
            piece = self._piece(offset, min(piece_bytes, end - offset))
            offset += len(piece)
            yield piece

    def _piece(self, offset: int, length: int) -> bytes:
        if self._file is not None:
            with _room():
                # What is buffered is written first.
                self._file.seek(offset)
                return self._file.read(length)
        if isinstance(self._memory, bytes):
            return self._memory[offset : offset + length]
        # Of a view: a slice of the array would be copied twice.
        return bytes(memoryview(self._memory)[offset : offset + length])


@contextmanager
def _room() -> Iterator[None]:
    """Say in the exchange's words that a disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise ExchangeError(ErrorCode.STORAGE_FULL, place="spool") from error


async def yielding(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces, giving the event loop a turn after each."""
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
