"""Published files of lines of one length each, so that half a line is seen as such."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pki.errors import PkiError
from pki.files import write_atomically
from schemas.errors import ErrorCode

LinesAfter = Callable[[int], Sequence[bytes]]
"""Gives the lines there should be, beyond a count."""


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file that grows by whole lines; half a line at its end is a crash's.

    Args:
        path: the file.
        line_bytes: length of every line, with its line feed.
    """

    path: Path
    line_bytes: int

    def tail(self) -> tuple[int, bytes]:
        """Return the number of whole lines, and the last of them; 0 without a file.

        Raises:
            PkiError: it is unreadable.
        """
        try:
            with self.path.open("rb") as file:
                count = file.seek(0, os.SEEK_END) // self.line_bytes
                file.seek(max(count - 1, 0) * self.line_bytes)
                return count, file.read(self.line_bytes) if count else b""
        except FileNotFoundError:
            return 0, b""
        except OSError as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=self.path.name) from error

    def read(self) -> Sequence[bytes]:
        """Return all whole lines.

        Raises:
            PkiError: it is unreadable.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=self.path.name) from error
        size = self.line_bytes
        whole = range(0, len(data) - size + 1, size)
        return [data[start : start + size] for start in whole]

    def append(self, lines: Iterable[bytes]) -> None:
        """Add lines, durable at return; half a line before them is written over.

        Raises:
            PkiError: it cannot be written.
        """
        try:
            with self.path.open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(size - size % self.line_bytes)
                file.write(b"".join(lines))
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=self.path.name) from error

    def write(self, lines: Iterable[bytes]) -> None:
        """Write the file anew.

        Raises:
            PkiError: it cannot be written.
        """
        write_atomically(self.path, b"".join(lines))

    def holds_all(self, lines_after: LinesAfter) -> bool:
        """Tell whether the file ends with the last line there should be.

        Raises:
            PkiError: it is unreadable.
        """
        return self.path.exists() and self._missing(lines_after) == []

    def append_missing(self, lines_after: LinesAfter) -> bool:
        """Append the lines that are not in the file; False if its last is another.

        Raises:
            PkiError: it cannot be read or written.
        """
        missing = self._missing(lines_after)
        if missing is None:
            return False
        if not self.path.exists():
            self.write(missing)
        elif missing:
            self.append(missing)
        return True

    def _missing(self, lines_after: LinesAfter) -> Sequence[bytes] | None:
        """Return the lines that are not in the file; None if its last is another."""
        count, last = self.tail()
        if not count:
            return lines_after(0)
        held = lines_after(count - 1)
        return held[1:] if held and held[0] == last else None
