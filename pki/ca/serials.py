"""The published record of what a CA issued: serial numbers, one line each.

A revocation list says what is revoked; only this record says what exists. A responder
that has neither key nor registry of the CA needs both (docs/adr/0013).
"""

import re
from pathlib import Path

from pki.ca.line_file import LineFile
from pki.errors import PkiError
from schemas.errors import ErrorCode

_LINE = re.compile(rb"[0-9a-f]{40}\n")
_LINE_BYTES = 41


def serials_file(path: Path) -> LineFile:
    """Return the record as a file of lines."""
    return LineFile(path, _LINE_BYTES)


def serial_line(serial: int) -> bytes:
    """Return the line of a serial number."""
    return f"{serial:040x}\n".encode()


def read_serials(path: Path) -> frozenset[int]:
    """Read the record; what a crash cut off at the end is left out.

    Raises:
        PkiError: it is unreadable or not such a record.
    """
    lines = serials_file(path).read()
    if not all(map(_LINE.fullmatch, lines)):
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name)
    return frozenset(int(one, 16) for one in lines)
