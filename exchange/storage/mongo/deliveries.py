"""Deliveries as queues, in MongoDB."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo import ReturnDocument

from exchange.domain.records import Delivery, DeliveryLease, InboxItem
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Database,
    Document,
    Filter,
    available,
    find_all,
)
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.schema import OFFERED, OPEN
from exchange.storage.ports.deliveries import DeliveryQuery
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState

_LEASED = DeliveryState.LEASED.value
_AVAILABLE = DeliveryState.AVAILABLE.value
_OLDEST_FIRST = [("log_index", 1), ("recipient", 1)]


class MongoDeliveries:
    """Deliveries as queues."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database["deliveries"]
        self._envelopes = database["envelopes"]

    async def lease(
        self,
        recipients: Collection[OrganId],
        lease: DeliveryLease,
        *,
        now: datetime,
        limit: int,
    ) -> Sequence[InboxItem]:
        """Give visible deliveries to the owner of `lease` alone, oldest first.

        One after the other: each is one document's change, which only one poller makes.
        """
        taken: list[Document] = []
        async with available():
            while len(taken) < limit:
                one = await self._take(recipients, lease, now)
                if one is None:
                    break
                taken.append(one)
        return await self._with_envelopes(taken)

    async def end_leases(self, *, now: datetime) -> int:
        """Make available again what was leased until now; return how many."""
        ended = {"state": _LEASED, **_lease_ended(now)}
        change = {"$set": {"state": _AVAILABLE}, "$unset": {"lease": ""}}
        async with available():
            return (await self._deliveries.update_many(ended, change)).modified_count

    async def due_again(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Failed deliveries whose time to be offered again has come, longest first."""
        due = {
            "state": DeliveryState.FAILED.value,
            # Neither later nor, if it is without a time, passed over.
            "retry.retry_at": {"$not": {"$gt": now}},
        }
        by_time = [("retry.retry_at", 1), ("_id", 1)]
        found = await find_all(self._deliveries, due, sort=by_time, limit=limit)
        return [codec.delivery_record(one) for one in found]

    async def find(self, query: DeliveryQuery) -> Sequence[InboxItem]:
        """Deliveries with their envelopes, ordered by key."""
        found = await find_all(
            self._deliveries, _condition(query), sort=[("_id", 1)], limit=query.limit
        )
        return await self._with_envelopes(found)

    async def counts(self, queries: Sequence[DeliveryQuery]) -> Sequence[int]:
        """How many fit each query; no more than its limit are counted.

        All by one command: what each of them looks at is little.
        """
        if not queries:
            return ()
        first, *others = map(_counting, range(len(queries)), queries)
        name = self._deliveries.name
        joined = ({"$unionWith": {"coll": name, "pipeline": one}} for one in others)
        async with available():
            found = await self._deliveries.aggregate([*first, *joined]).to_list(None)
        numbers = {one["_id"]: one["number"] for one in found}
        return [numbers.get(place, 0) for place in range(len(queries))]

    async def _take(
        self, recipients: Collection[OrganId], lease: DeliveryLease, now: datetime
    ) -> Document | None:
        free = {
            "recipient": {"$in": list(recipients)},
            "state": {"$in": list(OFFERED)},
            "log_index": {"$gte": 0},
            "$or": [{"state": _AVAILABLE}, _lease_ended(now)],
        }
        held = {"state": _LEASED, "lease": codec.lease_document(lease)}
        return await self._deliveries.find_one_and_update(
            free,
            {"$set": held},
            sort=_OLDEST_FIRST,
            hint="offered",
            return_document=ReturnDocument.AFTER,
        )

    async def _with_envelopes(self, found: Sequence[Document]) -> list[InboxItem]:
        wanted = {"_id": {"$in": [one["envelope"] for one in found]}}
        documents = (
            await find_all(self._envelopes, wanted, sort=[("_id", 1)], without="body")
            if found
            else []
        )
        envelopes = {one["_id"]: envelope_record(one) for one in documents}
        return [
            InboxItem(codec.delivery_record(one), envelopes[one["envelope"]])
            for one in found
        ]


def _lease_ended(now: datetime) -> Filter:
    """Say that a lease is over; one without an end, of an earlier version, is."""
    return {"lease.until": {"$not": {"$gt": now}}}


def among(states: Collection[str], key: Document) -> Document:
    """Select by state and id, in a form by which MongoDB uses the index `open`.

    One of several states in ``$in`` is not seen to be among those of the index.
    """
    return {"$or": [{"state": one, "_id": key} for one in states]}


def _counting(place: int, query: DeliveryQuery) -> list[Document]:
    """Return the stages that count what fits, under its place among the queries."""
    return [
        {"$match": _condition(query)},
        {"$limit": query.limit},
        {"$group": {"_id": {"$literal": place}, "number": {"$sum": 1}}},
    ]


def _condition(query: DeliveryQuery) -> Filter:
    key: Document = {"$gt": query.after}
    if query.before is not None:
        key["$lt"] = query.before
    states = [one.value for one in query.states]
    by_open = query.sender is None and set(states) <= set(OPEN)
    wanted = among(states, key) if by_open else {"state": {"$in": states}, "_id": key}
    parties = {"sender": query.sender, "recipient": query.recipient}
    free = {} if query.lease_ended is None else _lease_ended(query.lease_ended)
    return codec.with_values({**wanted, **free, **parties})
