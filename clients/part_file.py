"""What arrived of a download, in a file that outlives the run it arrived in.

The first line is the entity tag, the rest is what arrived. Nothing is synced or locked:
two runs write the same bytes at the same places, and what a power cut spoiled, the
digest of the whole finds.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from io import FileIO
from pathlib import Path

from clients.errors import ClientError, RefusedError, UnreachableError
from clients.resuming import Arrived, is_strong
from pki.files import PRIVATE, make_folders
from schemas.errors import ErrorCode

_END_OF_TAG = b"\n"
_FLAGS = (
    os.O_RDWR
    | getattr(os, "O_NOFOLLOW", 0)
    # A pipe of that name would keep the caller waiting.
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
_NOT_ANY_MORE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def part_file(path: Path) -> Iterator[Arrived]:
    """Give what an earlier run kept, and keep what this one brings.

    The file is gone after a block that came to its end, and after an answer that ends
    the matter; it stays where the line broke, where something refused that may let it
    go on later, or the block could not go on. Where there is something else in its
    place, or it cannot be kept, the download is in memory alone.
    """
    kept = _Kept(path)
    is_over = False
    try:
        yield kept
        is_over = True
    except ClientError as error:
        is_over = _ends_the_matter(error)
        raise
    finally:
        kept.close()
        if is_over or not kept.is_of_use:
            discard(path)


def _ends_the_matter(error: ClientError) -> bool:
    """Tell whether no later run gets the rest, or what arrived is of no use.

    What has no code of the hub's, a proxy may have said. Of the hub's own words, most
    are about the caller or the moment.
    """
    if not isinstance(error, RefusedError):
        return not isinstance(error, UnreachableError)
    said = error.problem
    is_final = said.status in _NOT_ANY_MORE or said.code == ErrorCode.DOCUMENT_RECALLED
    return bool(said.code) and is_final


def discard(path: Path) -> None:
    """Remove what an earlier run kept."""
    file = _opened(path)
    if file is not None:
        file.close()
        with suppress(OSError):
            path.unlink()


class _Kept(Arrived):
    """What arrived, in memory and in a file as long as that takes it.

    Args:
        path: of the file, which is made for an answer that can go on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _opened(path)
        self._is_full = False
        super().__init__(*(_read(self._file) if self._file else ("", b"")))

    @property
    def is_of_use(self) -> bool:
        """Whether a later run can go on from the file."""
        return self.can_go_on and self.size > 0 and not self._is_full

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()

    def add(self, piece: bytes) -> None:
        super().add(piece)
        if self.can_go_on:
            self._write(piece)

    def _forget(self, tag: str) -> None:
        super()._forget(tag)
        self._cut(0)
        if self.can_go_on:
            self._file = self._file or _made(self._path)
            self._write(tag.encode("ascii") + _END_OF_TAG)

    def _shorten(self) -> None:
        super()._shorten()
        if not self._is_full:
            self._cut(len(self.tag) + len(_END_OF_TAG) + self.size)

    def _write(self, piece: bytes) -> None:
        """Write on; once something did not fit, the file stays empty."""
        if self._file is None or self._is_full:
            return
        try:
            self._is_full = self._file.write(piece) != len(piece)
        except OSError:
            self._is_full = True
        if self._is_full:
            self._cut(0)

    def _cut(self, size: int) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.truncate(size)
                self._file.seek(size)


def _made(path: Path) -> FileIO | None:
    try:
        make_folders(path.parent)
    except OSError:
        return None
    return _opened(path, os.O_CREAT)


def _opened(path: Path, more: int = 0) -> FileIO | None:
    """Open the file to read and write; None where that cannot be, or it is no such."""
    try:
        file = FileIO(os.open(path, _FLAGS | more, PRIVATE), "r+")
    except OSError:
        return None
    found = os.fstat(file.fileno())
    is_own = stat.S_ISREG(found.st_mode) and not found.st_mode & _OF_OTHERS
    if is_own and found.st_nlink == 1:
        return file
    file.close()
    return None


def _read(file: FileIO) -> tuple[str, bytes]:
    """Return tag and content; nothing of what a power cut spoiled."""
    tag, end, content = file.read().partition(_END_OF_TAG)
    if not end or not tag.isascii() or not is_strong(tag.decode("ascii")):
        return "", b""
    return tag.decode("ascii"), content
