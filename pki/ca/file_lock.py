"""A lock between processes that ends with its holder, however that ends.

SQLite has locks that work alike on every system; the file itself stays empty.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pki.errors import PkiError
from schemas.errors import ErrorCode

_BUSY_SECONDS = 60.0


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file; others wait, up to a minute.

    Raises:
        PkiError: it is held for longer, or cannot be opened (FILE_NOT_WRITTEN).
    """
    try:
        held = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise PkiError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error
    with closing(held):
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise PkiError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error
        yield
