"""What arrived of a download, in a file that outlives the run it arrived in.

The first line is the entity tag, the rest is what arrived. Nothing is synced or locked:
two runs write the same bytes at the same places, and what a power cut spoiled, the
digest of the whole finds.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from clients.resuming import Arrived, is_strong
from pki.files import PRIVATE, make_folders

_END_OF_TAG = b"\n"


@contextmanager
def part_file(path: Path) -> Iterator[Arrived]:
    """Give what an earlier run kept, and keep what this one brings.

    Where it cannot be kept the download is in memory alone. After a block that came to
    its end the file is gone.
    """
    file = _opened(path)
    if file is None:
        yield Arrived()
        return
    with file:
        yield _Kept(file, *_read(file))
        with suppress(OSError):
            path.unlink()


class _Kept(Arrived):
    """What arrived, in memory and in a file as long as that takes it."""

    def __init__(self, file: FileIO, tag: str, content: bytes) -> None:
        super().__init__(tag, content)
        self._file = file

    def add(self, piece: bytes) -> None:
        super().add(piece)
        if self.can_go_on:
            self._write(piece)

    def _forget(self, tag: str) -> None:
        super()._forget(tag)
        self._empty()
        if self.can_go_on:
            self._write(tag.encode("ascii") + _END_OF_TAG)

    def _write(self, piece: bytes) -> None:
        try:
            is_written = self._file.write(piece) == len(piece)
        except OSError:
            is_written = False
        if not is_written:
            self._empty()

    def _empty(self) -> None:
        with suppress(OSError):
            self._file.seek(0)
            self._file.truncate()


def _opened(path: Path) -> FileIO | None:
    """Open the file to read and write; None where that cannot be."""
    try:
        make_folders(path.parent)
        path.touch(mode=PRIVATE)
        return FileIO(path, "r+")
    except OSError:
        return None


def _read(file: FileIO) -> tuple[str, bytes]:
    """Return tag and content; nothing of what no run wrote."""
    tag, end, content = file.read().partition(_END_OF_TAG)
    if not end or not tag.isascii() or not is_strong(tag.decode("ascii")):
        return "", b""
    return tag.decode("ascii"), content
