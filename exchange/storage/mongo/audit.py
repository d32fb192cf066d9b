"""The audit trail in MongoDB."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from bson.errors import InvalidId

from exchange.domain.records import AuditLine
from exchange.errors import ExchangeError
from exchange.storage.group import GroupCommitter
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Database,
    Document,
    Filter,
    available,
    find_all,
)
from exchange.storage.ports.audit import AuditPage, AuditQuery
from schemas.errors import ErrorCode

_NEWEST_FIRST = [("at", -1), ("_id", -1)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_NUMBER = 15
_AT_ONCE = 500
_GATHER_SECONDS = 0.02


class MongoAudit:
    """The audit trail."""

    def __init__(self, database: Database) -> None:
        self._lines = database["audit"]
        self._appending = GroupCommitter(
            self._store, weight=_one, limit=_AT_ONCE, gather_seconds=_GATHER_SECONDS
        )

    async def append(self, line: AuditLine) -> None:
        """Store one line; lines that come at the same time are stored together."""
        await self._appending.submit(line)

    async def drain(self) -> None:
        """Return when all that was handed in is stored."""
        await self._appending.drain()

    async def lines(self, *, limit: int) -> Sequence[AuditLine]:
        """The newest lines, newest first."""
        found = await find_all(self._lines, {}, sort=_NEWEST_FIRST, limit=limit)
        return [codec.audit_record(one) for one in found]

    async def search(self, query: AuditQuery) -> AuditPage:
        """A page of the lines that fit, newest first."""
        found = await find_all(
            self._lines, _condition(query), sort=_NEWEST_FIRST, limit=query.limit + 1
        )
        page = found[: query.limit]
        lines = tuple(codec.audit_record(one) for one in page)
        return AuditPage(lines, _place(page[-1]) if len(found) > query.limit else "")

    async def _store(self, lines: Sequence[AuditLine]) -> None:
        async with available():
            await self._lines.insert_many(list(map(codec.audit_document, lines)))


def _one(_line: AuditLine) -> int:
    return 1


def _condition(query: AuditQuery) -> Filter:
    wanted: Document = codec.with_values(
        {
            "event": query.event.value if query.event else None,
            "actor": query.actor or None,
            "subject": query.subject or None,
            "code": query.code,
        }
    )
    at = codec.with_values({"$gte": query.since, "$lt": query.until})
    if query.before:
        place, number = _read_place(query.before)
        at["$lte"] = place
        wanted["$or"] = [{"at": {"$lt": place}}, {"at": place, "_id": {"$lt": number}}]
    return {**wanted, "at": at} if at else wanted


def _place(line: Document) -> str:
    milliseconds = (line["at"] - _EPOCH) // _MILLISECOND
    return f"{milliseconds}.{line['_id']}"


def _read_place(written: str) -> tuple[datetime, ObjectId]:
    milliseconds, _, number = written.partition(".")
    try:
        at = _EPOCH + int(milliseconds[:_LONGEST_NUMBER]) * _MILLISECOND
        return at, ObjectId(number)
    except (ValueError, OverflowError, InvalidId) as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="before") from error
