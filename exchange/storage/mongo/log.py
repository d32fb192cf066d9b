"""The log in MongoDB: each entry keeps the tree nodes it completes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, groupby, islice

from pymongo import UpdateMany

from exchange.domain.log_entries import (
    LogLeaf,
    LogState,
    PendingLogEntry,
    SequencedLogEntry,
    place_in,
)
from exchange.errors import StateConflictError
from exchange.storage.growth import Growth, completing_index, grow
from exchange.storage.lanes import in_turn, most_urgent
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    LINEARIZABLE,
    SNAPSHOT,
    Database,
    Document,
    Filter,
    find_all,
    find_one,
)
from exchange.storage.mongo.shown import ENTRY_FIELDS, keys_of, shown_by
from exchange.storage.mongo.transactions import Transaction, in_transaction
from exchange.storage.mongo.upgrading import RESTORED
from exchange.storage.ports import Arrivals
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import READABLE_DELIVERY_STATES

_SHOWN_AT_ONCE = 20_000  # deliveries; takes about a second
_NAMED_AT_ONCE = 32  # each of them is looked for among all of them
_READABLE = [state.value for state in READABLE_DELIVERY_STATES]
_HIDDEN: Filter = {"log_index": None, "state": {"$in": _READABLE}}


class MongoLog:
    """The append-only log (RFC 6962)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending = database["log_pending"]
        self._entries = database["log"]
        self._meta = database["meta"]
        self._state: LogState | None = None

    async def sequence(self, *, limit: int) -> Sequence[SequencedLogEntry]:
        """Give indexes to entries that wait, oldest first, and store tree nodes.

        In several transactions where one would have to make too much visible.
        """
        done: list[SequencedLogEntry] = []
        is_cut = True
        while is_cut and len(done) < limit:
            # First what the log ends with, then what waits: of what was read then,
            # nothing is in the log yet, unless it has grown when that is stored.
            state = self._state or await self._read_state()
            waiting = await self._waiting(limit - len(done))
            batch = _fitting(waiting)
            if not batch:
                break
            growth = grow(state, list(map(codec.pending_record, batch)))
            self._state = None
            if await in_transaction(self._database, partial(_store, growth)):
                self._state = growth.state
                done.extend(growth.entries)
                is_cut = len(batch) < len(waiting)
        return done

    async def _read_state(self) -> LogState:
        return codec.log_state_record(await find_one(self._meta, {"_id": "log"}) or {})

    async def _waiting(self, limit: int) -> Sequence[Document]:
        """Find what waits: the oldest, unless that is more than fits at a time."""
        by_id = [("_id", 1)]
        oldest = await find_all(self._pending, {}, sort=by_id, limit=limit)
        if len(oldest) < limit and len(_fitting(oldest)) == len(oldest):
            return oldest
        first = await find_all(
            self._pending,
            {"urgency": {"$gt": 0}},
            sort=[("urgency", -1), *by_id],
            limit=most_urgent(limit),
        )
        return in_turn(_by_id(first), _by_id(oldest), limit=limit)

    async def oldest_waiting(self) -> str | None:
        """The id of the entry that has waited longest for its index."""
        oldest = await find_all(self._pending, {}, sort=[("_id", 1)], limit=1)
        return oldest[0]["_id"] if oldest else None

    async def size(self) -> int:
        """Number of sequenced entries."""
        state = await find_one(self._meta, {"_id": "log"})
        return 0 if state is None else codec.log_state_record(state).size

    async def place_of(self, cursor: int) -> int:
        """Return where a poller goes on that has seen all up to a cursor."""
        if cursor < await self.size():
            return cursor
        # A primary that was replaced and does not know it has an end from before.
        meta = self._meta.with_options(read_concern=LINEARIZABLE)
        state = codec.log_state_record(await find_one(meta, {"_id": "log"}) or {})
        restored = await find_one(meta, {"_id": RESTORED}) or {}
        return place_in(cursor, size=state.size, restored=restored.get("size"))

    async def arrivals(self, after: int, *, limit: int) -> Arrivals:
        """To whom the log entries after an index, at most so many, showed something."""
        entries = self._entries.with_options(read_concern=SNAPSHOT)
        looked_at = await find_all(
            entries,
            {"_id": {"$gt": after}},
            sort=[("_id", 1)],
            limit=limit,
            only=ENTRY_FIELDS,
        )
        reached = await self._reached(looked_at)
        return Arrivals(reached, looked_at[-1]["_id"] if looked_at else after)

    async def reached(
        self, entries: Collection[SequencedLogEntry]
    ) -> frozenset[OrganId]:
        """To whom these entries showed something."""
        return await self._reached(
            [{**codec.entry_document(one.entry), "_id": one.index} for one in entries]
        )

    async def _reached(self, entries: Sequence[Document]) -> frozenset[OrganId]:
        """Return whom entries name; only those of the others have to be looked up."""
        named = {to for one in entries for to in one.get("shown_to", ())}
        others = [one for one in entries if "shown_to" not in one]
        found = await shown_by(self._database, others, ("recipient",))
        return frozenset(named).union(one["recipient"] for one in found)

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


def _store(growth: Growth, transaction: Transaction) -> bool:
    """Store what the log grows by; nothing of it, and False, if it grew meanwhile.

    Two that sequence at a time meet here, whatever their leases say.
    """
    done = [one.entry.entry_id for one in growth.entries]
    before = {"_id": "log", "size": growth.state.size - len(done)}
    after = {"size": growth.state.size, "frontier": list(growth.state.frontier)}
    if not transaction.update_one("meta", before, {"$set": after}).matched_count:
        return False
    transaction.insert("log", [codec.leaf_document(leaf) for leaf in growth.leaves])
    gone = transaction.delete_many("log_pending", {"_id": {"$in": done}})
    if gone.deleted_count != len(done):
        raise StateConflictError(ErrorCode.INTERNAL, place="log")
    _show(growth, transaction)
    return True


def _show(growth: Growth, transaction: Transaction) -> None:
    showing = [one for one in growth.entries if one.entry.makes_visible]
    runs = groupby(showing, key=lambda one: bool(one.entry.shown_to))
    shown = [
        change
        for are_naming, run in runs
        for change in (_naming(run) if are_naming else map(_unnaming, run))
    ]
    if shown:
        transaction.change("deliveries", shown)


def _naming(entries: Iterable[SequencedLogEntry]) -> Iterator[UpdateMany]:
    """Show what entries name, many deliveries by one change: each is planned apart."""
    index_of: dict[str, int] = {}
    for one in entries:
        for key in keys_of(one.entry):
            index_of.setdefault(key, one.index)
    named = iter(index_of.items())
    while some := dict(islice(named, _NAMED_AT_ONCE)):
        keys = list(some)
        place = {"$indexOfArray": [{"$literal": keys}, "$_id"]}
        index = {"$arrayElemAt": [{"$literal": list(some.values())}, place]}
        yield UpdateMany(
            {"_id": {"$in": keys}, **_HIDDEN},
            [{"$set": {"log_index": index}}],
            hint="_id_",
        )


def _unnaming(one: SequencedLogEntry) -> UpdateMany:
    """Show all of an envelope that is readable and was not shown."""
    return UpdateMany(
        {**codec.of_envelope(one.entry.envelope_id), **_HIDDEN},
        {"$set": {"log_index": one.index}},
        hint="_id_",
    )


def _by_id(documents: Sequence[Document]) -> dict[str, Document]:
    return {one["_id"]: one for one in documents}


def _fitting(waiting: Sequence[Document]) -> Sequence[Document]:
    """Return the first documents, but few enough for one transaction."""
    shown = list(accumulate(one["shows"] for one in waiting))
    fitting = sum(total <= _SHOWN_AT_ONCE for total in shown)
    return waiting[: max(1, fitting)]
