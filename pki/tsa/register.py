"""What a time stamping authority remembers: every stamp, and the last serial number.

A stamp is recorded before it is signed, so that none exists without its record
(EN 319 421 7.10) and no serial number is given twice, whatever happens in between.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

from pki.errors import PkiError
from pki.sqlite_file import SqliteFile
from schemas.errors import ErrorCode

_COUNTER_BITS = 64
_MICROSECONDS = 1_000_000
_BUSY_SECONDS = 10
"""Who asks for a stamp does not wait for longer."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS origin (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    microseconds INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS stamp (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    imprint BLOB NOT NULL,
    at TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRecord:
    """One time stamp.

    Args:
        serial: its serial number.
        imprint: the encoded MessageImprint.
        at: genTime.
    """

    serial: int
    imprint: bytes
    at: datetime


class TimeStampRegister(Protocol):
    """The record of all stamps; tests/contract holds every form to one behaviour.

    A serial number is the time the register was made, then a count: a register that
    had to be made anew never repeats a number, and all stay below 160 bits.
    """

    def add(self, imprint: bytes, at: datetime) -> StampRecord:
        """Record a stamp that is about to be signed.

        Its serial number is greater than all before.

        Raises:
            PkiError: it cannot be written.
        """

    def add_all(self, imprints: Sequence[bytes], at: datetime) -> list[StampRecord]:
        """Record stamps that are about to be signed, in one durable write.

        Raises:
            PkiError: they cannot be written; then none is.
        """

    def get(self, serial: int) -> StampRecord:
        """Return one record.

        Raises:
            PkiError: unknown serial number.
        """

    def last(self) -> StampRecord | None:
        """Return the last record; None before the first."""

    def __len__(self) -> int:
        """Count the records."""

    def close(self) -> None:
        """Let go of files."""


class MemoryTimeStampRegister:
    """A register that lives as long as the process.

    Args:
        made: the time now.
    """

    def __init__(self, made: datetime) -> None:
        self._origin = _microseconds(made)
        self._records: list[StampRecord] = []
        self._lock = Lock()

    def add(self, imprint: bytes, at: datetime) -> StampRecord:
        """Record a stamp that is about to be signed."""
        return self.add_all((imprint,), at)[0]

    def add_all(self, imprints: Sequence[bytes], at: datetime) -> list[StampRecord]:
        """Record stamps that are about to be signed."""
        with self._lock:
            first = len(self._records) + 1
            records = [
                StampRecord(serial=_serial(self._origin, number), imprint=one, at=at)
                for number, one in enumerate(imprints, start=first)
            ]
            self._records += records
        return records

    def get(self, serial: int) -> StampRecord:
        """Return one record."""
        number = _number(self._origin, serial)
        if not 1 <= number <= len(self._records):
            raise PkiError(ErrorCode.TIME_STAMP_NOT_FOUND, place=f"{serial:x}")
        return self._records[number - 1]

    def last(self) -> StampRecord | None:
        """Return the last record."""
        return self._records[-1] if self._records else None

    def __len__(self) -> int:
        return len(self._records)

    def close(self) -> None:
        """Let go of files: there are none."""


class SqliteTimeStampRegister:
    """A register in one file, durable at every return; threads may share it.

    Args:
        path: the file; made if absent.
        made: the time now, for a file that is made.

    Raises:
        PkiError: the file cannot be opened or is not a register.
    """

    def __init__(self, path: Path, made: datetime) -> None:
        self._file = SqliteFile(path, schema=_SCHEMA, busy_seconds=_BUSY_SECONDS)
        with self._file.closed_on_error():
            self._origin = self._origin_from(made)

    def add(self, imprint: bytes, at: datetime) -> StampRecord:
        """Record a stamp that is about to be signed."""
        return self.add_all((imprint,), at)[0]

    def add_all(self, imprints: Sequence[bytes], at: datetime) -> list[StampRecord]:
        """Record stamps that are about to be signed, in one durable write."""
        text = at.astimezone(UTC).isoformat()
        with self._file.transaction() as database:
            numbers = [_insert(database, one, text) for one in imprints]
        return [
            StampRecord(serial=_serial(self._origin, number), imprint=one, at=at)
            for number, one in zip(numbers, imprints, strict=True)
        ]

    def get(self, serial: int) -> StampRecord:
        """Return one record."""
        row = self._one(
            "SELECT imprint, at FROM stamp WHERE number = ?",
            min(max(_number(self._origin, serial), 0), (1 << 63) - 1),
        )
        if row is None:
            raise PkiError(ErrorCode.TIME_STAMP_NOT_FOUND, place=f"{serial:x}")
        imprint, at = row
        return StampRecord(
            serial=serial, imprint=imprint, at=datetime.fromisoformat(at)
        )

    def last(self) -> StampRecord | None:
        """Return the last record."""
        row = self._one("SELECT '', max(number) FROM stamp")
        number = row[1] if row else None
        return self.get(_serial(self._origin, int(number))) if number else None

    def __len__(self) -> int:
        row = self._one("SELECT count(*) FROM stamp")
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _one(self, query: str, *values: int) -> tuple[bytes, str] | None:
        with self._file.reading() as database:
            row: tuple[bytes, str] | None = database.execute(query, values).fetchone()
        return row

    def _origin_from(self, made: datetime) -> int:
        with self._file.transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO origin VALUES (1, ?)", (_microseconds(made),)
            )
        row = self._one("SELECT microseconds FROM origin")
        return int(row[0]) if row else 0


def _insert(database: sqlite3.Connection, imprint: bytes, at: str) -> int:
    return (
        database.execute(
            "INSERT INTO stamp (imprint, at) VALUES (?, ?)", (imprint, at)
        ).lastrowid
        or 0
    )


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * _MICROSECONDS)


def _serial(origin: int, number: int) -> int:
    return origin << _COUNTER_BITS | number


def _number(origin: int, serial: int) -> int:
    """Return the count in a serial number; 0 for one of another register."""
    return (
        serial & ((1 << _COUNTER_BITS) - 1) if serial >> _COUNTER_BITS == origin else 0
    )
