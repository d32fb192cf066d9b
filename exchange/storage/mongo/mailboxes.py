"""Mail as people look through it, in MongoDB."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.domain.records import Envelope, InboxItem
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Collection,
    Database,
    Document,
    available,
    find_all,
)
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.mail_search import (
    ARRIVED_ENVELOPES,
    arrived_stages,
    sent_stages,
)
from exchange.storage.ports.mailboxes import (
    ArrivedFound,
    ArrivedSearch,
    SentFound,
    SentQuery,
    SentSearch,
)
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState, EnvelopeKind

_AFTER_ANY_KEY = "0"
"""The character after ``/`` in ASCII: above all keys of an envelope's deliveries."""


class MongoMailboxes:
    """Mail as people look through it."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database["deliveries"]
        self._envelopes = database["envelopes"]

    async def arrived(
        self, recipient: OrganId, *, before: int | None, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index below `before`, newest first."""
        index: Document = {"$exists": True} if before is None else {"$lt": before}
        found = await find_all(
            self._deliveries,
            {"recipient": recipient, "log_index": {"$gte": 0, **index}},
            sort=[("log_index", -1)],
            limit=limit,
        )
        envelopes = await self._of([one["envelope"] for one in found])
        return [
            InboxItem(codec.delivery_record(one), envelopes[one["envelope"]])
            for one in found
        ]

    async def sent(self, query: SentQuery) -> Sequence[Envelope]:
        """Documents an agency sent, newest first."""
        condition: Document = {
            "sender": query.sender,
            "kind": EnvelopeKind.DOCUMENT.value,
        }
        if query.before is not None:
            condition["_id"] = {"$lt": query.before}
        found = await find_all(
            self._envelopes,
            condition,
            sort=[("_id", -1)],
            limit=query.limit,
            without="body",
        )
        return [envelope_record(one) for one in found]

    async def search_arrived(self, query: ArrivedSearch) -> ArrivedFound:
        """Visible deliveries that are what is wanted, newest first."""
        index: Document = {"$gte": query.since}
        if query.before is not None:
            index["$lt"] = query.before
        walk: Document = {"recipient": query.recipient, "log_index": index}
        floor = await _floor(self._deliveries, walk, "log_index", query.examined)
        if floor is not None:
            index["$gte"] = floor
        stages = arrived_stages(walk, query.wanted, limit=query.limit + 1)
        async with available():
            found = await self._deliveries.aggregate(stages).to_list(None)
        items = tuple(
            InboxItem(
                codec.delivery_record(one), envelope_record(one[ARRIVED_ENVELOPES][0])
            )
            for one in found[: query.limit]
        )
        is_cut = len(found) > query.limit
        return ArrivedFound(items, items[-1].delivery.log_index if is_cut else floor)

    async def search_sent(self, query: SentSearch) -> SentFound:
        """Documents an agency sent that are what is wanted, newest first."""
        ids: Document = {"$gte": query.since}
        if query.before is not None:
            ids["$lt"] = query.before
        walk: Document = {
            "sender": query.sender,
            "kind": EnvelopeKind.DOCUMENT.value,
            "_id": ids,
        }
        floor = await _floor(self._envelopes, walk, "_id", query.examined)
        if floor is not None:
            ids["$gte"] = floor
        stages = sent_stages(walk, query.wanted, limit=query.limit + 1)
        async with available():
            found = await self._envelopes.aggregate(stages).to_list(None)
        items = tuple(map(envelope_record, found[: query.limit]))
        is_cut = len(found) > query.limit
        return SentFound(items, items[-1].envelope_id if is_cut else floor)

    async def states(
        self, envelope_ids: Several[EnvelopeId]
    ) -> Mapping[EnvelopeId, Mapping[DeliveryState, int]]:
        """How many deliveries of each envelope are in each state."""
        counted: dict[EnvelopeId, dict[DeliveryState, int]] = {
            one: {} for one in envelope_ids
        }
        if not counted:
            return counted
        keys = [
            {"_id": {"$gt": f"{one}/", "$lt": f"{one}{_AFTER_ANY_KEY}"}}
            for one in counted
        ]
        stages: list[Document] = [
            {"$match": {"$or": keys}},
            {"$group": {"_id": ["$envelope", "$state"], "number": {"$sum": 1}}},
        ]
        async with available():
            async for one in self._deliveries.aggregate(stages):
                envelope_id, state = one["_id"]
                counted[envelope_id][DeliveryState(state)] = one["number"]
        return counted

    async def _of(self, ids: Sequence[EnvelopeId]) -> dict[EnvelopeId, Envelope]:
        if not ids:
            return {}
        found = await find_all(
            self._envelopes,
            {"_id": {"$in": list(ids)}},
            sort=[("_id", 1)],
            without="body",
        )
        return {one["_id"]: envelope_record(one) for one in found}


async def _floor(
    collection: Collection, walk: Document, order: str, examined: int
) -> Any:
    """Return where a search stops; None if fewer than `examined` are before it."""
    async with available():
        found = collection.find(walk, {order: 1}).sort(order, -1)
        rows = await found.skip(examined - 1).limit(2).to_list(None)
    return rows[0][order] if len(rows) > 1 else None
