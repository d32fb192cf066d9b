"""Mail as people look through it, in MongoDB."""

from collections.abc import Collection, Mapping, Sequence

from exchange.domain.records import Envelope, InboxItem
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Document, available, find_all
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.ports.mailboxes import SentQuery
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
            sort=[("log_index", -1), ("_id", -1)],
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

    async def states(
        self, envelope_ids: Collection[EnvelopeId]
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
