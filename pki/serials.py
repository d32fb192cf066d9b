"""The published record of what a CA issued: serial numbers, one line each.

A revocation list says what is revoked; only this record says what exists. A responder
that has neither key nor registry of the CA needs both (docs/adr/0013).
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from pki.errors import PkiError
from pki.files import write_atomically
from schemas.errors import ErrorCode

_LINE = re.compile(rb"[0-9a-f]{40}\n")
_LINE_BYTES = 41


def write_serials(path: Path, serials: Iterable[int]) -> None:
    """Write the record anew.

    Raises:
        PkiError: it cannot be written.
    """
    write_atomically(path, b"".join(map(_line, serials)))


def append_serial(path: Path, serial: int) -> None:
    """Add one serial number, durable at return.

    Half a line that a crash left behind is written over.

    Raises:
        PkiError: it cannot be written.
    """
    try:
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(size - size % _LINE_BYTES)
            file.write(_line(serial))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def read_serials(path: Path) -> frozenset[int]:
    """Read the record; what a crash cut off at the end is left out.

    Raises:
        PkiError: it is unreadable or not such a record.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    whole = range(0, len(data) - _LINE_BYTES + 1, _LINE_BYTES)
    lines = [data[start : start + _LINE_BYTES] for start in whole]
    if not all(map(_LINE.fullmatch, lines)):
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name)
    return frozenset(int(one, 16) for one in lines)


def _line(serial: int) -> bytes:
    """Lines have one length, so that half a line is seen as such."""
    return f"{serial:040x}\n".encode()
