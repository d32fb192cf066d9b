"""Reading and writing files for a person at the command line."""

import os
from pathlib import Path

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        ExchangeError: it cannot be read (FILE_UNREADABLE).
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def write_new(path: Path, content: bytes) -> None:
    """Write a file that was not there; an existing one is left alone.

    Raises:
        ExchangeError: it exists or cannot be written (FILE_NOT_WRITTEN).
    """
    try:
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error
