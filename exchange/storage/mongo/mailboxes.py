"""Mail as people look through it, in MongoDB."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from exchange.domain.records import Envelope, InboxItem
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Database,
    Document,
    available,
    find_all,
)
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.mail_search import (
    envelope_condition,
    first_fitting,
    sent_condition,
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
        walk = {"recipient": query.recipient, "log_index": index}
        async with available():
            # Few fields of many: what is found is read whole afterwards.
            rows = self._deliveries.find(
                walk, {"envelope": 1, "state": 1, "log_index": 1}
            )
            ordered = rows.sort("log_index", -1).limit(query.examined + 1)
            walked = await ordered.to_list(None)
        is_cut, walked = len(walked) > query.examined, walked[: query.examined]
        state = query.wanted.state
        keys = {
            one["envelope"]: one["_id"]
            for one in walked
            if state in {None, one["state"]}
        }
        condition = envelope_condition(query.wanted, party="sender")
        found = await first_fitting(
            self._envelopes, tuple(keys), condition, most=query.limit + 1
        )
        items = await self._arrived_of(found[: query.limit], keys)
        if len(found) > query.limit:
            return ArrivedFound(items, items[-1].delivery.log_index)
        return ArrivedFound(items, walked[-1]["log_index"] if is_cut else None)

    async def _arrived_of(
        self, envelopes: Sequence[Document], keys: Mapping[str, str]
    ) -> tuple[InboxItem, ...]:
        """Read the deliveries of envelopes, in their order."""
        wanted = [keys[one["_id"]] for one in envelopes]
        found = await find_all(
            self._deliveries, {"_id": {"$in": wanted}}, sort=[("_id", -1)]
        )
        by_envelope = {one["envelope"]: codec.delivery_record(one) for one in found}
        return tuple(
            InboxItem(by_envelope[one["_id"]], envelope_record(one))
            for one in envelopes
        )

    async def search_sent(self, query: SentSearch) -> SentFound:
        """Documents an agency sent that are what is wanted, newest first."""
        walked = await self._walked(query)
        is_cut, walked = len(walked) > query.examined, walked[: query.examined]
        found = await first_fitting(
            self._envelopes,
            tuple(dict.fromkeys(walked)),
            sent_condition(query.wanted),
            most=query.limit + 1,
            kept_of=partial(self._reaching, query.wanted.parties),
        )
        items = tuple(map(envelope_record, found[: query.limit]))
        if len(found) > query.limit:
            return SentFound(items, items[-1].envelope_id)
        return SentFound(items, walked[-1] if is_cut else None)

    async def _reaching(
        self, parties: frozenset[OrganId] | None, found: list[Document]
    ) -> list[Document]:
        """Keep envelopes that name one of `parties`, or reached it by an update."""
        if parties is None:
            return found
        doubtful = [
            one["_id"] for one in found if parties.isdisjoint(one["recipients"])
        ]
        if not doubtful:
            return found
        condition = {"$or": _keys_of(doubtful), "recipient": {"$in": sorted(parties)}}
        async with available():
            reached = await self._deliveries.distinct("envelope", condition)
        left_out = set(doubtful).difference(reached)
        return [one for one in found if one["_id"] not in left_out]

    async def _walked(self, query: SentSearch) -> list[EnvelopeId]:
        """Return what an agency sent, by the index of what is asked for."""
        ids: Document = {"$gte": query.since}
        if query.before is not None:
            ids["$lt"] = query.before
        walk: Document = {"sender": query.sender, "_id": ids}
        collection, name = self._envelopes, "_id"
        if query.wanted.state is None:
            walk["kind"] = EnvelopeKind.DOCUMENT.value
        else:
            walk["state"] = query.wanted.state.value
            collection, name = self._deliveries, "envelope"
        async with available():
            rows = collection.find(walk, {name: 1}).sort("_id", -1)
            found = await rows.limit(query.examined + 1).to_list(None)
        return [EnvelopeId(one[name]) for one in found]

    async def states(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Mapping[EnvelopeId, Mapping[DeliveryState, int]]:
        """How many deliveries of each envelope are in each state."""
        counted: dict[EnvelopeId, dict[DeliveryState, int]] = {
            one: {} for one in envelope_ids
        }
        if not counted:
            return counted
        stages: list[Document] = [
            {"$match": {"$or": _keys_of(counted)}},
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


def _keys_of(envelopes: Iterable[str]) -> list[Document]:
    """Return where the deliveries of envelopes lie in the order of keys."""
    return [
        {"_id": {"$gt": f"{one}/", "$lt": f"{one}{_AFTER_ANY_KEY}"}}
        for one in envelopes
    ]
