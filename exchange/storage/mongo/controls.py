"""Switches and usage in MongoDB."""

from collections.abc import Collection, Mapping
from functools import partial

from pymongo import UpdateOne

from exchange.domain.maintenance import Maintenance
from exchange.domain.records import AuditLine
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, available, find_all, find_one
from exchange.storage.mongo.transactions import Transaction, in_transaction

_MAINTENANCE = {"_id": "maintenance"}


class MongoControls:
    """What operators switch for all processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._controls = database["controls"]

    async def maintenance(self) -> Maintenance | None:
        """Whether nothing is taken in."""
        found = await find_one(self._controls, _MAINTENANCE)
        if found is None:
            return None
        return Maintenance(since=found["since"], reason=found["reason"])

    async def set_maintenance(
        self, maintenance: Maintenance | None, *, audit: AuditLine
    ) -> None:
        """Begin or end maintenance."""
        await in_transaction(self._database, partial(_set, maintenance, audit))


class MongoUsage:
    """What callers have used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._usage = database["usage"]

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Add to what is counted under each name."""
        if not amounts:
            return
        async with available():
            await self._usage.bulk_write(_adding(amounts), ordered=False)

    async def totals(self, names: Collection[str]) -> Mapping[str, int]:
        """Return what is counted under names."""
        wanted = {"_id": {"$in": list(names)}, "amount": {"$ne": 0}}
        found = await find_all(self._usage, wanted, sort=[("_id", 1)])
        return {one["_id"]: one["amount"] for one in found}

    async def drop(self, *, before: str) -> int:
        """Forget the days or hours before one."""
        kind, _, _ = before.partition(":")
        async with available():
            gone = await self._usage.delete_many(
                {"_id": {"$gte": f"{kind}:", "$lt": before}}
            )
        return gone.deleted_count

    async def room(self) -> int:
        """Bytes that everything stored takes on disk."""
        async with available():
            found = await self._database.command("dbStats")
        return int(found["storageSize"]) + int(found["indexSize"])


def take_back(freed: Mapping[str, int], transaction: Transaction) -> None:
    """Take off what is counted under names."""
    if freed:
        less = {name: -amount for name, amount in freed.items()}
        transaction.change("usage", _adding(less))


def _adding(amounts: Mapping[str, int]) -> list[UpdateOne]:
    return [
        UpdateOne({"_id": name}, {"$inc": {"amount": amount}}, upsert=True)
        for name, amount in amounts.items()
    ]


def _set(
    maintenance: Maintenance | None, audit: AuditLine, transaction: Transaction
) -> None:
    if maintenance is None:
        transaction.delete_one("controls", _MAINTENANCE)
    else:
        values = {"since": maintenance.since, "reason": maintenance.reason}
        document = {**_MAINTENANCE, **values}
        transaction.replace_one("controls", _MAINTENANCE, document, upsert=True)
    transaction.insert("audit", [codec.audit_document(audit)])
