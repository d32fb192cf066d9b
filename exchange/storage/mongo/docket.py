"""The docket in MongoDB."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from pymongo import ReplaceOne

from exchange.domain.counting import AgencyCounts, LevelTally
from exchange.domain.deadlines import ClockName
from exchange.domain.directory import Directory
from exchange.domain.docket import DocketRow, LateClock, RowChange, Tally
from exchange.domain.records import (
    AuditLine,
    Delivery,
    Envelope,
    StoredReceipt,
    delivery_key,
)
from exchange.errors import StateConflictError
from exchange.storage.mongo import codec
from exchange.storage.mongo.counts import (
    ROWS,
    SUMS,
    count,
    counted_rows,
    level_tallies_of,
    recount,
    tallies_of,
)
from exchange.storage.mongo.driver import Database, Document, find_all, find_one
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.following import followed
from exchange.storage.mongo.transactions import Transaction, in_transaction
from exchange.storage.ports.docket import (
    ArrivalQuery,
    DocketEntry,
    Followed,
    TallyQuery,
)
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId

_CURSOR = "docket"


class MongoDocket:
    """The docket."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database["docket"]
        self._meta = database["meta"]

    async def cursor(self) -> int:
        """Return the log index up to which the docket was made; -1 at first."""
        found = await find_one(self._meta, {"_id": _CURSOR})
        return -1 if found is None else int(found["cursor"])

    async def followed(self, after: int, *, limit: int) -> Followed:
        """What the log entries after an index brought, at most so many of them."""
        return await followed(self._database, after, limit)

    async def enter(self, entry: DocketEntry) -> bool:
        """Store rows that are not there yet, count, and move the cursor."""
        if entry.before == -1:
            await self._begin()
        return await in_transaction(self._database, partial(_enter, entry))

    async def due(self, *, now: datetime, limit: int) -> Sequence[DocketRow]:
        """Rows to be looked at, those that are due longest first."""
        due = {"next_at": {"$lte": now}}
        order = [("next_at", 1), ("_id", 1)]
        return list(map(_row, await find_all(self._rows, due, sort=order, limit=limit)))

    async def settle(
        self,
        changes: Sequence[RowChange],
        counts: Collection[AgencyCounts],
        audit: Sequence[AuditLine],
    ) -> bool:
        """Replace rows, count, and store audit lines."""
        work = partial(_settle, changes, counts, audit)
        try:
            await in_transaction(self._database, work)
        except StateConflictError:
            return False
        return True

    async def late(
        self, agency: OrganId | None, *, after: str, limit: int
    ) -> Sequence[DocketRow]:
        """Rows that are late to an agency, or to anybody, ordered by key."""
        told: Document = {"$exists": True} if agency is None else {"$eq": agency}
        late: Document = {"told": told, "_id": {"$gt": after}}
        order = [("_id", 1)]
        if agency is None:
            # The same order, as an index has it.
            late["envelope"] = {"$gte": after.partition("/")[0]}
            order = [("envelope", 1), *order]
        found = await find_all(self._rows, late, sort=order, limit=limit)
        return list(map(_row, found))

    async def arrived(self, query: ArrivalQuery) -> Sequence[DocketRow]:
        """Rows of a recipient within a time."""
        arrived: Document = {"$gte": query.since, "$lt": query.until}
        wanted: Document = {"recipient": query.recipient, "arrived_at": arrived}
        if query.after is not None:
            moment, envelope_id = query.after
            arrived["$gte"] = max(moment, query.since)
            key = delivery_key(envelope_id, query.recipient)
            wanted["$or"] = [{"arrived_at": {"$gt": moment}}, {"_id": {"$gt": key}}]
        order = [("arrived_at", 1), ("_id", 1)]
        found = await find_all(self._rows, wanted, sort=order, limit=query.limit)
        return list(map(_row, found))

    async def envelopes(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Sequence[Envelope]:
        """Envelopes by their ids, ordered by id."""
        if not envelope_ids:
            return ()
        found = await find_all(
            self._database["envelopes"],
            {"_id": {"$in": list(set(envelope_ids))}},
            sort=[("_id", 1)],
            without="body",
        )
        return [envelope_record(one) for one in found]

    async def deliveries(
        self, keys: Collection[tuple[EnvelopeId, OrganId]]
    ) -> Sequence[Delivery]:
        """Deliveries by envelope and recipient, ordered by key."""
        if not keys:
            return ()
        found = await find_all(
            self._database["deliveries"],
            {"_id": {"$in": [delivery_key(*one) for one in keys]}},
            sort=[("_id", 1)],
        )
        return [codec.delivery_record(one) for one in found]

    async def receipts(
        self, keys: Collection[tuple[EnvelopeId, str]]
    ) -> Sequence[StoredReceipt]:
        """Step receipts by envelope and key, without their bytes."""
        if not keys:
            return ()
        found = await find_all(
            self._database["receipts"],
            {"_id": {"$in": [codec.key_of(*one) for one in keys]}},
            sort=[("_id", 1)],
            without="content",
        )
        return [codec.receipt_record({**one, "content": b""}) for one in found]

    async def tallies(self, query: TallyQuery) -> Sequence[Tally]:
        """Counts by month and agency."""
        found = await find_all(
            self._database[ROWS],
            counted_rows(query),
            sort=[("month", 1), ("agency", 1)],
            limit=query.most,
        )
        return [tally for one in found for tally in tallies_of(one)]

    async def level_tallies(
        self, above: OrganId, *, first_month: str, last_month: str
    ) -> Sequence[LevelTally]:
        """Sums of all agencies that were below one, by month and level."""
        found = await find_all(
            self._database[SUMS],
            {"above": above, "month": {"$gte": first_month, "$lte": last_month}},
            sort=[("month", 1), ("level", 1)],
        )
        return [tally for one in found for tally in level_tallies_of(one)]

    async def recount(
        self, month: str, directory: Directory, audit: AuditLine
    ) -> Collection[OrganId]:
        """Give the counts of a month the places a directory has, and add up anew."""
        work = partial(recount, month, directory, audit)
        return await in_transaction(self._database, work)

    async def _begin(self) -> None:
        await self._meta.update_one(
            {"_id": _CURSOR}, {"$setOnInsert": {"cursor": -1}}, upsert=True
        )


def _enter(entry: DocketEntry, transaction: Transaction) -> bool:
    moved = transaction.update_one(
        "meta",
        {"_id": _CURSOR, "cursor": entry.before},
        {"$set": {"cursor": entry.after}},
    )
    if not moved.matched_count:
        return False
    transaction.insert("docket", list(map(_document, entry.rows)))
    count(entry.counts, transaction)
    return True


def _settle(
    changes: Sequence[RowChange],
    counts: Collection[AgencyCounts],
    audit: Sequence[AuditLine],
    transaction: Transaction,
) -> None:
    replacing = [
        ReplaceOne(_as_it_was(one.before), _document(one.after)) for one in changes
    ]
    if transaction.change("docket", replacing).matched_count != len(changes):
        raise StateConflictError(ErrorCode.INTERNAL, place="docket")
    count(counts, transaction)
    transaction.insert("audit", list(map(codec.audit_document, audit)))


def _as_it_was(row: DocketRow) -> Document:
    return {
        "_id": delivery_key(row.envelope_id, row.recipient),
        "version": row.version,
    }


def _document(row: DocketRow) -> Document:
    return codec.with_values(
        {
            **_as_it_was(row),
            "envelope": row.envelope_id,
            "recipient": row.recipient,
            "sender": row.sender,
            "arrived_at": row.arrived_at,
            "next_at": row.next_at,
            "settled": sorted(one.value for one in row.settled),
            "late": [_late_document(one) for one in row.late],
            "told": list(row.told) or None,
        }
    )


def _late_document(late: LateClock) -> Document:
    return {"clock": late.name.value, "due_at": late.due_at}


def _row(document: Document) -> DocketRow:
    return DocketRow(
        envelope_id=document["envelope"],
        recipient=document["recipient"],
        sender=document["sender"],
        arrived_at=document["arrived_at"],
        next_at=document.get("next_at"),
        settled=frozenset(map(ClockName, document["settled"])),
        late=tuple(
            LateClock(ClockName(one["clock"]), one["due_at"])
            for one in document["late"]
        ),
        told=tuple(document.get("told", ())),
        version=document["version"],
    )
