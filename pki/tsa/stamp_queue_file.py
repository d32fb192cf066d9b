"""The queue of digests that need a time stamp, in one SQLite file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pki.errors import PkiError
from pki.sqlite_file import SqliteFile
from pki.tsa.stamp_queue import (
    MOST_WAITING,
    QueuedStamp,
    StampOrder,
    StampState,
    require_same,
)
from schemas.errors import ErrorCode

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stamp_order (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    hash_name TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    token BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS stamp_order_state ON stamp_order (state, number);
"""
_COLUMNS = (
    "number, reference, digest, hash_name, queued_at, state, attempts, next_at, reason,"
    " token"
)
_SELECT = f"SELECT {_COLUMNS} FROM stamp_order"  # noqa: S608 fixed words
_BUSY_SECONDS = 10
_Row = tuple[int, str, bytes, str, str, str, int, str, str, bytes | None]


class SqliteStampQueue:
    """A queue in one file, durable at every return; threads may share it.

    Args:
        path: the file, on a local disk; made if absent.
        most_waiting: how many orders wait at most.

    Raises:
        PkiError: the file cannot be opened or is not a queue.
    """

    def __init__(self, path: Path, *, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._file = SqliteFile(path, schema=_SCHEMA, busy_seconds=_BUSY_SECONDS)

    def put(self, order: StampOrder, now: datetime) -> QueuedStamp:
        """Queue an order, durable at return; one that is there is returned as it is."""
        at = _text(now)
        row = (order.reference, order.digest, order.hash_name, at, at)
        with self._file.transaction() as database:
            # One statement looks and writes: processes may share the file.
            database.execute(
                "INSERT INTO stamp_order"
                " (reference, digest, hash_name, queued_at, next_at, state)"
                " SELECT ?, ?, ?, ?, ?, 'waiting' WHERE"
                " (SELECT count(*) FROM stamp_order WHERE state = 'waiting') < ?"
                " ON CONFLICT (reference) DO NOTHING",
                (*row, self._most_waiting),
            )
        found = self.get(order.reference)
        if found is None:
            raise PkiError(ErrorCode.TIME_STAMP_QUEUE_FULL)
        return require_same(found, order)

    def get(self, reference: str) -> QueuedStamp | None:
        """Return what has become of an order; None if there is none."""
        found = self._read(f"{_SELECT} WHERE reference = ?", reference)
        return found[0] if found else None

    def due(self, now: datetime, limit: int) -> Sequence[QueuedStamp]:
        """Return orders that wait and may be asked for now, the oldest first."""
        return self._read(
            f"{_SELECT} WHERE state = 'waiting' AND next_at <= ?"
            " ORDER BY number LIMIT ?",
            _text(now),
            limit,
        )

    def finish(self, number: int, token: bytes) -> bool:
        """Store a token, durable at return; False if the order does not wait."""
        return self._change(
            "UPDATE stamp_order SET state = 'done', token = ?"
            " WHERE number = ? AND state = 'waiting'",
            token,
            number,
        )

    def postpone(self, number: int, next_at: datetime, reason: str) -> None:
        """Count an attempt in vain; the order goes on waiting."""
        self._change(
            "UPDATE stamp_order SET attempts = attempts + 1, next_at = ?, reason = ?"
            " WHERE number = ? AND state = 'waiting'",
            _text(next_at),
            reason,
            number,
        )

    def give_up(self, number: int, reason: str) -> None:
        """Count an attempt in vain, the last one."""
        self._change(
            "UPDATE stamp_order SET attempts = attempts + 1, state = 'failed',"
            " reason = ? WHERE number = ? AND state = 'waiting'",
            reason,
            number,
        )

    def retry(self, reference: str, now: datetime) -> bool:
        """Let an order that failed wait again; False if it has not failed."""
        return self._change(
            "UPDATE stamp_order SET state = 'waiting', attempts = 0, queued_at = ?,"
            " next_at = ? WHERE reference = ? AND state = 'failed'",
            _text(now),
            _text(now),
            reference,
        )

    def remove(self, reference: str) -> bool:
        """Forget an order that is done or failed; False if there is none."""
        return self._change(
            "DELETE FROM stamp_order WHERE reference = ? AND state <> 'waiting'",
            reference,
        )

    def count(self) -> Mapping[StampState, int]:
        """Count the orders in every state."""
        with self._file.reading() as database:
            rows = database.execute(
                "SELECT state, count(*) FROM stamp_order GROUP BY state"
            ).fetchall()
        counted = {StampState(state): number for state, number in rows}
        return dict.fromkeys(StampState, 0) | counted

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, query: str, *values: str | int) -> list[QueuedStamp]:
        with self._file.reading() as database:
            rows: list[_Row] = database.execute(query, values).fetchall()
        return [_queued(row) for row in rows]

    def _change(self, statement: str, *values: str | int | bytes) -> bool:
        with self._file.transaction() as database:
            return database.execute(statement, values).rowcount == 1


def _queued(row: _Row) -> QueuedStamp:
    order = StampOrder(reference=row[1], digest=row[2], hash_name=row[3])
    return QueuedStamp(
        number=row[0],
        order=order,
        queued_at=datetime.fromisoformat(row[4]),
        state=StampState(row[5]),
        attempts=row[6],
        next_at=datetime.fromisoformat(row[7]),
        reason=row[8],
        token=row[9],
    )


def _text(at: datetime) -> str:
    """Write a time so that texts compare as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
