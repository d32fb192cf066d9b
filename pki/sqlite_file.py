"""A SQLite file that several processes and threads write, durable at every return."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock

from pki.errors import PkiError
from schemas.errors import ErrorCode

_BUSY_SECONDS = 60.0
_SETTINGS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
"""


class SqliteFile:
    """An open file.

    One writer at a time: a transaction takes the write lock when it begins, so what it
    reads stays true until it commits. The lock ends with its process, however it ends.

    Args:
        path: the file; made if absent.
        schema: statements that make what is missing, run at every opening.
        busy_seconds: how long is waited for another that writes.

    Raises:
        PkiError: it cannot be opened or is no database (FILE_UNREADABLE).
    """

    def __init__(
        self, path: Path, *, schema: str = "", busy_seconds: float = _BUSY_SECONDS
    ) -> None:
        self.name = path.name
        self._lock = RLock()
        try:
            self.connection = sqlite3.connect(
                path,
                timeout=busy_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            with self.closed_on_error():
                self.connection.executescript(_SETTINGS + schema)
        except sqlite3.Error as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Close the file if what is done in the block fails."""
        with ExitStack() as undo:
            undo.callback(self.close)
            yield
            undo.pop_all()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, or undo everything on an error.

        Raises:
            PkiError: the file cannot be written, or is busy for too long
                (FILE_NOT_WRITTEN).
        """
        with self._lock, self._coded(ErrorCode.FILE_NOT_WRITTEN):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            finally:
                # Still open only when something above failed, the commit included.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read; other threads wait.

        Raises:
            PkiError: the file cannot be read (FILE_UNREADABLE).
        """
        with self._lock, self._coded(ErrorCode.FILE_UNREADABLE):
            yield self.connection

    def close(self) -> None:
        """Let go of the file; again is harmless."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def _coded(self, code: ErrorCode) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise PkiError(code, place=self.name) from error
