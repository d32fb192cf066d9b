"""The log in MongoDB: each entry keeps the tree nodes it completes."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import accumulate

from pymongo import UpdateMany

from exchange.domain.records import LogLeaf, PendingLogEntry, SequencedLogEntry
from exchange.errors import StateConflictError
from exchange.storage.growth import Growth, completing_index, grow
from exchange.storage.lanes import in_turn, most_urgent
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    SNAPSHOT,
    Database,
    Document,
    available,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction
from exchange.storage.ports import Arrivals
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import READABLE_DELIVERY_STATES

_SHOWN_AT_ONCE = 20_000  # deliveries; takes about a second
_READABLE = [state.value for state in READABLE_DELIVERY_STATES]


class MongoLog:
    """The append-only log (RFC 6962)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending = database["log_pending"]
        self._entries = database["log"]
        self._meta = database["meta"]

    async def sequence(self, *, limit: int) -> Sequence[SequencedLogEntry]:
        """Give indexes to entries that wait, oldest first, and store tree nodes.

        In several transactions where one would have to make too much visible.
        """
        done: list[SequencedLogEntry] = []
        # Nearly always nothing waits, and that needs no transaction.
        cut = await find_one(self._pending, {}) is not None
        while cut and len(done) < limit:
            work = partial(_sequence, limit - len(done))
            entries, cut = await in_transaction(self._database, work)
            done.extend(entries)
        return done

    async def size(self) -> int:
        """Number of sequenced entries."""
        state = await find_one(self._meta, {"_id": "log"})
        return 0 if state is None else codec.log_state_record(state).size

    async def arrivals(self, after: int, *, limit: int) -> Arrivals:
        """To whom the log entries after an index, at most so many, showed something."""
        fields = {"envelope": 1, "makes_visible": 1}
        entries = self._entries.with_options(read_concern=SNAPSHOT)
        found = entries.find({"_id": {"$gt": after}}, fields).sort("_id", 1)
        async with available():
            looked_at = await found.limit(limit).to_list(None)
        reached = await self._reached(
            {one["_id"]: one["envelope"] for one in looked_at if one["makes_visible"]}
        )
        return Arrivals(reached, looked_at[-1]["_id"] if looked_at else after)

    async def reached(
        self, entries: Collection[SequencedLogEntry]
    ) -> frozenset[OrganId]:
        """To whom these entries showed something."""
        return await self._reached(
            {one.index: one.entry.envelope_id for one in entries}
        )

    async def _reached(self, entries: Mapping[int, EnvelopeId]) -> frozenset[OrganId]:
        if not entries:
            return frozenset()
        shown = [
            {**codec.of_envelope(envelope), "log_index": index}
            for index, envelope in entries.items()
        ]
        found = self._database["deliveries"].find({"$or": shown}, {"recipient": 1})
        async with available():
            return frozenset([one["recipient"] async for one in found])

    async def entries_of(self, envelope_id: EnvelopeId) -> Sequence[SequencedLogEntry]:
        """Sequenced entries that concern an envelope, in log order."""
        concerns = {"envelope": envelope_id}
        found = await find_all(self._entries, concerns, sort=[("_id", 1)])
        return [codec.sequenced_record(one) for one in found]

    async def pending_of(self, envelope_id: EnvelopeId) -> Sequence[PendingLogEntry]:
        """Entries of an envelope that have no index yet, oldest first."""
        concerns = {"envelope": envelope_id}
        found = await find_all(self._pending, concerns, sort=[("_id", 1)])
        return [codec.pending_record(one) for one in found]

    async def leaves(self, first: int, *, limit: int) -> tuple[LogLeaf, ...]:
        """Sequenced entries from index `first` on, with the nodes they complete."""
        wanted = {"_id": {"$gte": first, "$lt": first + limit}}
        found = await find_all(self._entries, wanted, sort=[("_id", 1)])
        return tuple(
            LogLeaf(one["_id"], one["leaf"], tuple(one["nodes"])) for one in found
        )

    async def nodes(
        self, coordinates: Collection[tuple[int, int]]
    ) -> Mapping[tuple[int, int], bytes]:
        """Hashes of complete subtrees by (level, index)."""
        indexes = sorted({completing_index(one) for one in coordinates})
        wanted = {"_id": {"$in": indexes}}
        found = await find_all(self._entries, wanted, sort=[("_id", 1)])
        completed = {one["_id"]: one["nodes"] for one in found}
        return {
            one: completed[completing_index(one)][one[0]]
            for one in coordinates
            if completing_index(one) in completed
        }


def _sequence(
    limit: int, transaction: Transaction
) -> tuple[Sequence[SequencedLogEntry], bool]:
    documents = _waiting(limit, transaction)
    batch = [codec.pending_record(one) for one in _fitting(documents)]
    if not batch:
        return (), False
    state = transaction.find_one("meta", {"_id": "log"})
    growth = grow(codec.log_state_record(state or {}), batch)
    _store(growth, transaction)
    _show(growth, transaction)
    return growth.entries, len(batch) < len(documents)


def _waiting(limit: int, transaction: Transaction) -> list[Document]:
    """Find what waits: the oldest, unless that is more than fits at a time."""
    oldest = transaction.find_all("log_pending", {}, limit=limit)
    if len(oldest) < limit and len(_fitting(oldest)) == len(oldest):
        return oldest
    first = transaction.find_all(
        "log_pending",
        {"urgency": {"$gt": 0}},
        sort=[("urgency", -1), ("_id", 1)],
        limit=most_urgent(limit),
    )
    return in_turn(_by_id(first), _by_id(oldest), limit=limit)


def _store(growth: Growth, transaction: Transaction) -> None:
    transaction.insert("log", [codec.leaf_document(leaf) for leaf in growth.leaves])
    done = [one.entry.entry_id for one in growth.entries]
    transaction.delete_many("log_pending", {"_id": {"$in": done}})
    # Two that sequence at a time meet here, whatever their leases say.
    before = {"_id": "log", "size": growth.state.size - len(done)}
    after = {"size": growth.state.size, "frontier": list(growth.state.frontier)}
    if not transaction.update_one("meta", before, {"$set": after}).matched_count:
        raise StateConflictError(ErrorCode.INTERNAL, place="log")


def _show(growth: Growth, transaction: Transaction) -> None:
    shown = [
        UpdateMany(
            {
                **codec.of_envelope(one.entry.envelope_id),
                "log_index": None,
                "state": {"$in": _READABLE},
            },
            {"$set": {"log_index": one.index}},
        )
        for one in growth.entries
        if one.entry.makes_visible
    ]
    if shown:
        transaction.change("deliveries", shown)


def _by_id(documents: Sequence[Document]) -> dict[str, Document]:
    return {one["_id"]: one for one in documents}


def _fitting(waiting: Sequence[Document]) -> Sequence[Document]:
    """Return the first documents, but few enough for one transaction."""
    shown = list(accumulate(one["shows"] for one in waiting))
    fitting = sum(total <= _SHOWN_AT_ONCE for total in shown)
    return waiting[: max(1, fitting)]
