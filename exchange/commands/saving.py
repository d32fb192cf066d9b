"""Files that are written as their content comes, and are complete or absent."""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from exchange.errors import ExchangeError
from pki.files import sync_folder
from schemas.errors import ErrorCode


async def save(file: Path, chunks: AsyncIterator[bytes]) -> None:
    """Write a file; one that stood there is replaced when all of it has come.

    What is no file (a pipe, a terminal) is written to as the content comes.

    Raises:
        ExchangeError: it cannot be written (FILE_NOT_WRITTEN).
    """
    refusing = partial(_refusing, file.name)
    with refusing():
        target, is_special = _place_of(file)
    # One process writes one file after another.
    written = target.with_name(f".lienthong-{os.getpid()}.partial")
    try:
        await _fill(target if is_special else written, chunks, refusing)
        with refusing():
            if not is_special:
                _put(written, target)
    finally:
        written.unlink(missing_ok=True)


def _place_of(file: Path) -> tuple[Path, bool]:
    """Return where a name leads, and whether something other than a file is there.

    A pipe without a name (``/dev/stdout``, ``>(gzip)`` of a shell) is there, and what
    its name resolves to is not: it is written to by the name.
    """
    if file.exists() and not file.is_file():
        return file, True
    return Path(os.path.realpath(file)), False


async def _fill(
    file: Path,
    chunks: AsyncIterator[bytes],
    refusing: Callable[[], AbstractContextManager[None]],
) -> None:
    with refusing():
        opened = file.open("wb", buffering=0)
    with opened:
        async for chunk in chunks:
            with refusing():
                _write(opened, chunk)


def _write(opened: BinaryIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[opened.write(rest) :]


def _put(written: Path, target: Path) -> None:
    """Let a file that is complete take its place, durably."""
    if target.exists():
        shutil.copymode(target, written)
    with written.open("rb+") as opened:
        os.fsync(opened.fileno())
    written.replace(target)
    sync_folder(target.parent)


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Refuse a file that fails; what its content comes from has errors of its own."""
    try:
        yield
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=name) from error
