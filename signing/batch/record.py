"""The record of a batch, in the folder of signed files: which target has which digest.

One line of JSON per signed document, durable before the document becomes its target.
Half a line at the end is a crash's; its document is signed anew.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Self

from schemas.errors import ErrorCode
from signing.batch.plan import Entry
from signing.errors import SigningError
from signing.profiles import SignatureLevel

RECORD_NAME = ".lienthong-sign.jsonl"


class BatchRecord:
    """The record of one folder, for one batch at a time; use it as a context manager.

    Args:
        folder: of the signed files.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RECORD_NAME
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Open and lock the record.

        Raises:
            SigningError: FILE_NOT_WRITTEN, another batch writes it, or nobody may.
        """
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.__exit__()
            raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=RECORD_NAME) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def entries(self) -> Mapping[str, Entry]:
        """Return the latest entry of each target.

        Raises:
            SigningError: FILE_UNREADABLE.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError as error:
            raise SigningError(ErrorCode.FILE_UNREADABLE, place=RECORD_NAME) from error
        found = (_parsed(one) for one in lines)
        return {one.target: one for one in found if one is not None}

    def append(self, entries: Iterable[Entry]) -> None:
        """Add entries, durable at return.

        Raises:
            SigningError: FILE_NOT_WRITTEN.
        """
        lines = [json.dumps(asdict(one)) for one in entries]
        if not lines:
            return
        try:
            # An empty line first: whatever half a line there is stays alone.
            data = "\n".join(["", *lines, ""]).encode()
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise SigningError(ErrorCode.FILE_NOT_WRITTEN, place=RECORD_NAME) from error


def _parsed(line: bytes) -> Entry | None:
    """Read a line; one that is damaged names no target, which is then left alone."""
    try:
        fields = json.loads(line)
        names = ("target", "task", "signed", "temporary")
        target, task, signed, temporary = (str(fields[name]) for name in names)
        size, level = int(fields["size"]), SignatureLevel(fields["level"])
    except (ValueError, KeyError, TypeError):
        return None
    return Entry(
        target=target,
        task=task,
        signed=signed,
        size=size,
        level=level,
        temporary=temporary,
    )
