"""Files that are complete or absent, and private ones private from the start."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pki.errors import PkiError
from schemas.errors import ErrorCode

PUBLIC = 0o644
PRIVATE = 0o600
_PRIVATE_FILE_BYTES = 1024 * 1024
_OTHERS_OR_GROUP_WRITE = 0o027
_ROOT = 0


def write_atomically(path: Path, data: bytes, *, mode: int = PUBLIC) -> None:
    """Write a file by way of a temporary one beside it, durable at return.

    What root replaces in a folder of somebody else stays theirs.

    Raises:
        PkiError: it cannot be written (FILE_NOT_WRITTEN).
    """
    try:
        with _beside(path, data, mode) as written:
            written.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error


def replace_unchanged(path: Path, before: bytes, data: bytes) -> None:
    """Replace a file, durable at return, only if it still holds what was read.

    Args:
        path: the file; who may read it stays as it is.
        before: what it held.
        data: what it is to hold.

    Raises:
        PkiError: it holds something else (FILE_CHANGED), or cannot be written
            (FILE_NOT_WRITTEN); it is as it was.
    """
    try:
        with _beside(path, data, stat.S_IMODE(path.stat().st_mode)) as written:
            if path.read_bytes() != before:
                raise PkiError(ErrorCode.FILE_CHANGED, place=path.name)
            written.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error


@contextmanager
def _beside(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Write a temporary file, which is gone afterwards unless it took a place."""
    # mkstemp opens with mode 0600: a private file is never readable in between.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    written = Path(name)
    try:
        _keep_owner(descriptor, path)
        _write_durably(descriptor, data)
        written.chmod(mode)
        yield written
    finally:
        written.unlink(missing_ok=True)


def _keep_owner(descriptor: int, path: Path) -> None:
    """Give a file that root writes to whose file it replaces, if the folder is theirs.

    A command run as root must not lock the service out of its own files; nor does what
    somebody laid into a folder of all become theirs.
    """
    if os.name != "posix" or os.geteuid() != _ROOT:
        return
    with suppress(OSError):  # absent, or the right to give was taken from this root
        before = path.lstat()
        if before.st_uid == path.parent.stat().st_uid:
            os.fchown(descriptor, before.st_uid, before.st_gid)


def read_private_file(path: Path) -> bytes:
    """Read a file that holds a key or passphrase.

    Raises:
        PkiError: unreadable, too large, or (on POSIX) open to other users.
    """
    try:
        status = path.stat()
        if os.name == "posix" and status.st_mode & _OTHERS_OR_GROUP_WRITE:
            raise PkiError(ErrorCode.KEY_FILE_EXPOSED, place=path.name)
        if status.st_size > _PRIVATE_FILE_BYTES:
            raise PkiError(ErrorCode.KEY_UNREADABLE, place=path.name)
        return path.read_bytes()
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def sync_files(folder: Path) -> None:
    """Make what was copied into a folder durable.

    Raises:
        OSError: a file cannot be opened.
    """
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def _write_durably(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make_folders(folder: Path) -> None:
    """Make a folder and those it lies in, where they are not there yet, durably.

    Raises:
        OSError: one cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename durable; only POSIX can and needs to."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
