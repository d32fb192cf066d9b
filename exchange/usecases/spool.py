"""A body on its way in: scanned while it arrives, kept until it is decided."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from tempfile import SpooledTemporaryFile
from typing import Self

PIECE_BYTES = 256 * 1024
"""Small enough that hashing or decoding one does not stall the event loop."""


class Spool:
    """The raw bytes of one body; a context manager that forgets them at its end.

    Args:
        memory_bytes: larger bodies go to a temporary file without a name.
    """

    def __init__(self, memory_bytes: int) -> None:
        # Closed by __exit__: a spool lives exactly as long as its request.
        self._file = SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115
        self.size = 0

    def __enter__(self) -> Self:
        """Keep bytes until the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget the bytes."""
        self._file.close()

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.seek(self.size)
        self._file.write(data)
        self.size += len(data)

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield a slice, or all from `offset`, in pieces."""
        end = self.size if length is None else min(self.size, offset + length)
        while offset < end:
            self._file.seek(offset)
            piece = self._file.read(min(PIECE_BYTES, end - offset))
            offset += len(piece)
            yield piece


async def yielding(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces, giving the event loop a turn after each."""
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
