"""Signed files that wait for a higher level, or for the renewal of their archive.

What waits is in one SQLite file, durable before anybody is told. A file is known by its
path and by the digest of what it held when it was queued: it may have grown since, by
revisions, but not have changed. It may be queued anew at any time, also while it is
worked on: what becomes of it is recorded only if it still waits as it was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from pki.sqlite_file import SqliteFile
from signing.profiles import SignatureLevel

_SCHEMA = """
CREATE TABLE IF NOT EXISTS upgrade (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    task TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    due TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT
"""
_SELECT = (
    "SELECT number, path, digest, size, task, queued_at, due, state, attempts, reason"
    " FROM upgrade"
)
_STANDING = (
    "number = ? AND digest = ? AND size = ? AND task = ? AND queued_at = ?"
    " AND state = 'waiting'"
)
_Row = tuple[int, str, bytes, int, str, str, str, str, int, str]
_Value = str | int | bytes


class UpgradeTask(StrEnum):
    """What is to be done with a file; all but the last are levels."""

    B_T = SignatureLevel.B_T.value
    B_LT = SignatureLevel.B_LT.value
    B_LTA = SignatureLevel.B_LTA.value
    RENEW = "renew"


class UpgradeState(StrEnum):
    """Whether a file still waits."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedFile:
    """One file and what it is to become.

    Args:
        path: absolute.
        digest: SHA-256 of its first `size` octets.
        size: what it held when it was queued.
        task: what is to be done.
    """

    path: Path
    digest: bytes
    size: int
    task: UpgradeTask

    @classmethod
    def holding(cls, path: Path, data: bytes, task: UpgradeTask) -> "QueuedFile":
        """Describe a file that holds `data`."""
        digest = sha256(data).digest()
        return cls(path=path.absolute(), digest=digest, size=len(data), task=task)

    def is_same(self, data: bytes) -> bool:
        """Tell whether `data` is the file, or what revisions made of it."""
        first = memoryview(data)[: self.size]
        return len(data) >= self.size and sha256(first).digest() == self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A queued file and what has become of it.

    Args:
        due: not before.
        attempts: in vain.
        reason: why the last attempt was, as code and place.
    """

    number: int
    file: QueuedFile
    queued_at: datetime
    due: datetime
    state: UpgradeState
    attempts: int
    reason: str


class UpgradeQueue:
    """What waits, in one file; processes may share it.

    Args:
        path: the SQLite file, on a local disk; made if absent.

    Raises:
        PkiError: it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, schema=_SCHEMA)

    def add(self, file: QueuedFile, *, now: datetime, due: datetime) -> None:
        """Queue a file, durable at return; one that is there is queued anew.

        Raises:
            PkiError: FILE_NOT_WRITTEN.
        """
        row = (str(file.path), file.digest, file.size, file.task.value)
        with self._file.transaction() as database:
            database.execute(
                "INSERT INTO upgrade (path, digest, size, task, queued_at, due, state)"
                " VALUES (?, ?, ?, ?, ?, ?, 'waiting')"
                " ON CONFLICT (path) DO UPDATE SET digest = excluded.digest,"
                " size = excluded.size, task = excluded.task,"
                " queued_at = excluded.queued_at, due = excluded.due,"
                " state = 'waiting', attempts = 0, reason = ''",
                (*row, _text(now), _text(due)),
            )

    def due(self, now: datetime, limit: int) -> Sequence[Upgrade]:
        """Return files that wait and are due, the one due longest first.

        Raises:
            PkiError: FILE_UNREADABLE.
        """
        where = " WHERE state = 'waiting' AND due <= ? ORDER BY due, number LIMIT ?"
        return self._read(_SELECT + where, _text(now), limit)

    def all(self) -> Sequence[Upgrade]:
        """Return everything in the queue.

        Raises:
            PkiError: FILE_UNREADABLE.
        """
        return self._read(f"{_SELECT} ORDER BY number")

    def count(self) -> Mapping[UpgradeState, int]:
        """Count the files in every state."""
        found = dict.fromkeys(UpgradeState, 0)
        for one in self.all():
            found[one.state] += 1
        return found

    def stands(self, upgrade: Upgrade) -> bool:
        """Tell whether a file still waits as it was read.

        Raises:
            PkiError: FILE_UNREADABLE.
        """
        return bool(self._read(f"{_SELECT} WHERE {_STANDING}", *_key(upgrade)))

    def finish(self, upgrade: Upgrade) -> bool:
        """Record that a file is what it was to become; False if queued anew.

        Raises:
            PkiError: FILE_NOT_WRITTEN.
        """
        return self._change("state = 'done', reason = ''", upgrade)

    def follow(
        self, upgrade: Upgrade, file: QueuedFile, *, now: datetime, due: datetime
    ) -> bool:
        """Queue what comes next of a file that is done; False if queued anew.

        Raises:
            PkiError: FILE_NOT_WRITTEN.
        """
        change = (
            "digest = ?, size = ?, task = ?, queued_at = ?, due = ?,"
            " attempts = 0, reason = ''"
        )
        values = (file.digest, file.size, file.task.value, _text(now), _text(due))
        return self._change(change, upgrade, *values)

    def postpone(self, upgrade: Upgrade, due: datetime, reason: str) -> bool:
        """Count an attempt in vain, the file goes on waiting; False if queued anew.

        Raises:
            PkiError: FILE_NOT_WRITTEN.
        """
        change = "attempts = attempts + 1, due = ?, reason = ?"
        return self._change(change, upgrade, _text(due), reason)

    def give_up(self, upgrade: Upgrade, reason: str) -> bool:
        """Count an attempt in vain, the last one; False if queued anew.

        Raises:
            PkiError: FILE_NOT_WRITTEN.
        """
        change = "attempts = attempts + 1, state = 'failed', reason = ?"
        return self._change(change, upgrade, reason)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, query: str, *values: _Value) -> list[Upgrade]:
        with self._file.reading() as database:
            rows: list[_Row] = database.execute(query, values).fetchall()
        return [_upgrade(row) for row in rows]

    def _change(self, change: str, upgrade: Upgrade, *values: _Value) -> bool:
        with self._file.transaction() as database:
            done = database.execute(
                f"UPDATE upgrade SET {change} WHERE {_STANDING}",  # noqa: S608 fixed words
                (*values, *_key(upgrade)),
            )
            return done.rowcount == 1


def _key(upgrade: Upgrade) -> tuple[_Value, ...]:
    """Return what `_STANDING` asks for."""
    file = upgrade.file
    queued_at = _text(upgrade.queued_at)
    return upgrade.number, file.digest, file.size, file.task.value, queued_at


def _upgrade(row: _Row) -> Upgrade:
    number, path, digest, size, task, queued_at, due, state, attempts, reason = row
    return Upgrade(
        number=number,
        file=QueuedFile(
            path=Path(path), digest=digest, size=size, task=UpgradeTask(task)
        ),
        queued_at=datetime.fromisoformat(queued_at),
        due=datetime.fromisoformat(due),
        state=UpgradeState(state),
        attempts=attempts,
        reason=reason,
    )


def _text(at: datetime) -> str:
    """Write a time so that texts compare as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
