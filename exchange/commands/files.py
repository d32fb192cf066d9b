"""Reading and writing files for a person at the command line."""

import os
from pathlib import Path

from exchange.errors import ExchangeError
from pki.files import sync_folder
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


def require_absent(*paths: Path) -> None:
    """Refuse a target that is there, before work is done that cannot be undone.

    Raises:
        ExchangeError: one exists, or its folder takes no files (FILE_NOT_WRITTEN).
    """
    for path in paths:
        if path.exists() or not os.access(path.parent, os.W_OK | os.X_OK):
            raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=path.name)


def require_empty(folder: Path) -> None:
    """Refuse a folder that holds something already.

    Raises:
        ExchangeError: it does, or it is no folder (FILE_NOT_WRITTEN).
    """
    try:
        taken = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name) from error
    if taken:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=folder.name)


def write_new(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file that was not there, durably; an existing one is left alone.

    Args:
        path: where.
        content: what.
        private: readable by this account alone.

    Raises:
        ExchangeError: it exists, or cannot be written whole: it is not there then
            (FILE_NOT_WRITTEN).
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(path, flags, 0o600 if private else 0o644)
        _fill(path, descriptor, content)
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error


def _fill(path: Path, descriptor: int, content: bytes) -> None:
    """Write what a new file holds; half of it stands in nobody's way."""
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def make_folder(path: Path) -> None:
    """Make a folder that is not there yet, for its owner alone.

    Raises:
        ExchangeError: it cannot be made (FILE_NOT_WRITTEN).
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error
