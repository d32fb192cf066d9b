"""The audit trail in MongoDB."""

from collections.abc import Sequence

from exchange.domain.records import AuditLine
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, available, find_all


class MongoAudit:
    """The audit trail."""

    def __init__(self, database: Database) -> None:
        self._lines = database["audit"]

    async def append(self, line: AuditLine) -> None:
        """Store one line."""
        async with available():
            await self._lines.insert_one(codec.audit_document(line))

    async def lines(self, *, limit: int) -> Sequence[AuditLine]:
        """The newest lines, newest first."""
        order = [("at", -1), ("_id", -1)]
        found = await find_all(self._lines, {}, sort=order, limit=limit)
        return [codec.audit_record(one) for one in found]
