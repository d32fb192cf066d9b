"""Envelopes, deliveries and receipts in MongoDB."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from functools import partial

from exchange.domain.records import (
    Acceptance,
    Accepted,
    Delivery,
    Envelope,
    InboxItem,
    Repeated,
    StepRecord,
    StoredReceipt,
)
from exchange.domain.steps import receipt_key
from exchange.storage.conflicts import receipt_conflict
from exchange.storage.group import GroupCommitter
from exchange.storage.mongo import codec
from exchange.storage.mongo.bodies import Bodies
from exchange.storage.mongo.commits import steps_of, store
from exchange.storage.mongo.deliveries import among
from exchange.storage.mongo.delivery_lookup import DeliveryLookup
from exchange.storage.mongo.driver import (
    LINEARIZABLE,
    Database,
    Document,
    DuplicateError,
    Filter,
    available,
    find_all,
    find_one,
    place_of,
)
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.inbox_lookup import InboxLookup
from exchange.storage.mongo.schema import UNCHECKED
from exchange.storage.recent_envelopes import RecentEnvelopes
from schemas.errors import CodedError
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.vocabulary import Step

# A group is one transaction, and a transaction must end within seconds.
_GROUP_WEIGHT = 8 << 20
_LEAST_WEIGHT = 256 << 10  # at most 32 callers in a group
_RECIPIENT_WEIGHT = 1 << 10
_GATHER_SECONDS, _LONGEST_GATHER_SECONDS = 0.02, 0.15


class MongoEnvelopes:
    """Accepted envelopes, their deliveries and receipts."""

    def __init__(self, database: Database) -> None:
        self._envelopes = database["envelopes"]
        self._deliveries = database["deliveries"]
        self._receipts = database["receipts"]
        self._lookup = DeliveryLookup(self._deliveries)
        self._inboxes = InboxLookup(self._deliveries)
        self._bodies = Bodies(database)
        self._recent = RecentEnvelopes()
        self._committing = GroupCommitter[Acceptance | StepRecord](
            partial(store, database),
            weight=_weight,
            limit=_GROUP_WEIGHT,
            gather_seconds=_GATHER_SECONDS,
            longest_gather_seconds=_LONGEST_GATHER_SECONDS,
            at_fault=_is_taken_from,
        )

    async def store_chunks(self, body_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a large body before its acceptance; an orphan until then."""
        await self._bodies.store(body_id, chunks)

    async def drop_orphans(self, *, before: datetime) -> int:
        """Remove bodies begun before a time and never accepted; return how many."""
        return await self._bodies.drop_orphans(before=before)

    async def accept(self, acceptance: Acceptance) -> Accepted | Repeated:
        """Store envelope, deliveries, receipts, log entry and audit line, or none.

        Raises:
            StateConflictError: `status_change.before` no longer holds, or its code or
                a receipt's key is stored already.
        """
        try:
            await self._committing.submit(acceptance)
        except DuplicateError as error:
            return await self._stored_before(acceptance.envelope, error)
        self._recent.keep(acceptance.envelope)
        return Accepted(acceptance.envelope)

    async def envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id."""
        found = await find_one(self._envelopes, {"_id": envelope_id}, without="body")
        return None if found is None else self._kept(found)

    async def known_envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id, as this process may have met it before."""
        return self._recent.get(envelope_id) or await self.envelope(envelope_id)

    async def open_envelope(
        self, envelope_id: EnvelopeId
    ) -> tuple[Envelope, AsyncIterator[bytes]] | None:
        """Find an envelope as it is now, and its raw body, to be read once."""
        found = await self._bodies.find(envelope_id)
        return (
            None if found is None else (self._kept(found), self._bodies.read_of(found))
        )

    async def envelope_by_message(
        self, system_id: SystemId, sender: OrganId, message_id: MessageId
    ) -> Envelope | None:
        """Find an envelope by its sender's id."""
        message = _message(system_id, sender, message_id)
        found = await find_one(self._envelopes, message, without="body")
        return None if found is None else envelope_record(found)

    def read_body(
        self, envelope_id: EnvelopeId, *, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the raw body, or a slice of it, in pieces checked by digest.

        Raises:
            ExchangeError: ENVELOPE_NOT_FOUND or STORED_BYTES_DAMAGED.
        """
        return self._bodies.read(envelope_id, offset, length)

    async def delivery(
        self, envelope_id: EnvelopeId, recipient: OrganId
    ) -> Delivery | None:
        """Find one delivery."""
        found = await self._lookup.find({codec.key_of(envelope_id, recipient)})
        return next(iter(found), None)

    async def deliveries(
        self, envelope_id: EnvelopeId, *, of: Collection[OrganId] | None = None
    ) -> Sequence[Delivery]:
        """Deliveries of an envelope, ordered by recipient: all, or those `of` some."""
        if of is not None:
            keys = {codec.key_of(envelope_id, one) for one in of}
            return await self._lookup.find(keys)
        parts = codec.of_envelope(envelope_id)
        found = await find_all(self._deliveries, parts, sort=[("_id", 1)])
        return [codec.delivery_record(one) for one in found]

    async def inbox(
        self, recipients: Collection[OrganId], *, after: int, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index above `after`, in log order."""
        visible = await self._inboxes.find(recipients, after=after, limit=limit)
        envelopes = await self._by_id([one["envelope"] for one in visible])
        return [
            InboxItem(codec.delivery_record(one), envelopes[one["envelope"]])
            for one in visible
        ]

    async def to_check(self, *, limit: int, urgent: bool = False) -> Sequence[Envelope]:
        """Envelopes with deliveries in state accepted or checking, oldest first."""
        oldest = await self._unchecked(limit, urgent=urgent)
        envelopes = await self._by_id(oldest)
        return [envelopes[one] for one in oldest]

    async def record_step(self, step: StepRecord) -> StoredReceipt:
        """Store receipt, states, log entry and audit line, or none.

        Raises:
            StateConflictError: a delivery is not in one of `before`.
        """
        try:
            await self._committing.submit(step)
        except DuplicateError:
            key = codec.key_of(step.receipt.envelope_id, step.receipt.key)
            durable = self._receipts.with_options(read_concern=LINEARIZABLE)
            stored = await find_one(durable, {"_id": key})
            if stored is None:
                raise
            return codec.receipt_record(stored)
        return step.receipt

    async def receipt(self, envelope_id: EnvelopeId, key: str) -> StoredReceipt | None:
        """Find one step receipt of an envelope."""
        name = codec.key_of(envelope_id, key)
        found = await find_one(self._receipts, {"_id": name})
        return None if found is None else codec.receipt_record(found)

    async def receipts(self, envelope_id: EnvelopeId) -> Sequence[StoredReceipt]:
        """Step receipts of an envelope in the order of recording."""
        return await self._found_receipts(codec.of_envelope(envelope_id))

    async def receipts_of(
        self, envelope_id: EnvelopeId, step: Step, recipient: OrganId
    ) -> Sequence[StoredReceipt]:
        """Each time one step was taken for one recipient, in the order of recording."""
        first = codec.key_of(envelope_id, receipt_key(step, recipient))
        return await self._found_receipts(codec.times_of(first))

    async def _found_receipts(self, wanted: Filter) -> Sequence[StoredReceipt]:
        order = [("recorded_at", 1), ("entry", 1)]
        found = await find_all(self._receipts, wanted, sort=order)
        return [codec.receipt_record(one) for one in found]

    async def statuses_of(self, envelope_id: EnvelopeId) -> Sequence[Envelope]:
        """Status envelopes that report on `envelope_id`, in order of acceptance."""
        order = [("accepted_at", 1), ("_id", 1)]
        reports = {"status_of": envelope_id}
        found = await find_all(self._envelopes, reports, sort=order, without="body")
        return [envelope_record(one) for one in found]

    async def drain(self) -> None:
        """Return when all that was handed in is stored."""
        await self._committing.drain()

    async def _stored_before(
        self, envelope: Envelope, error: DuplicateError
    ) -> Accepted | Repeated:
        # What made the key taken may be seconds from durable: only a linearizable
        # read waits for that.
        durable = self._envelopes.with_options(read_concern=LINEARIZABLE)
        message = _message(envelope.system_id, envelope.sender, envelope.message_id)
        found = await find_one(durable, message, without="body")
        if found is None:
            raise receipt_conflict(error.place) from error
        stored = envelope_record(found)
        # Our own, when the answer to the first commit was lost on the way.
        ours = stored.envelope_id == envelope.envelope_id
        return Accepted(stored) if ours else Repeated(stored)

    async def _unchecked(self, limit: int, *, urgent: bool) -> list[EnvelopeId]:
        # Each of these is answered by its index alone.
        unchecked = self._deliveries.find(among(UNCHECKED, {"$gt": ""}), {"_id": 1})
        unchecked = unchecked.sort([("_id", 1)]).hint("open")
        if urgent:
            condition = {"state": {"$in": list(UNCHECKED)}, "urgency": {"$gt": 0}}
            unchecked = self._deliveries.find(condition, {"_id": 0, "envelope": 1})
            order = [("urgency", -1), ("envelope", 1)]
            unchecked = unchecked.sort(order).hint("unchecked_urgent")
        found: dict[EnvelopeId, None] = {}
        async with available():
            async for one in unchecked:
                found[codec.envelope_of(one)] = None
                if len(found) >= limit:
                    break
        return list(found)

    async def _by_id(
        self, envelope_ids: Sequence[EnvelopeId]
    ) -> dict[EnvelopeId, Envelope]:
        """Return envelopes by their ids, reading those this process does not know."""
        known = {one: self._recent.get(one) for one in envelope_ids}
        found = {key: one for key, one in known.items() if one is not None}
        missing = [one for one in known if one not in found]
        if missing:
            wanted = {"_id": {"$in": missing}}
            async with available():
                read = await self._envelopes.find(wanted, {"body": 0}).to_list(None)
            found |= {one["_id"]: self._kept(one) for one in read}
        return found

    def _kept(self, document: Document) -> Envelope:
        envelope = envelope_record(document)
        self._recent.keep(envelope)
        return envelope


def _message(system_id: SystemId, sender: OrganId, message_id: MessageId) -> Document:
    return {"system": system_id, "sender": sender, "message_id": message_id}


def _is_taken_from(one: Acceptance | StepRecord, error: CodedError) -> bool:
    """Tell whether it is a key of this one that is taken."""
    if not isinstance(error, DuplicateError):
        return False
    receipts = [step.receipt for step in steps_of(one)]
    if isinstance(one, Acceptance):
        envelope = one.envelope
        named = _message(envelope.system_id, envelope.sender, envelope.message_id)
        if error.place == place_of(named):
            return True
        receipts.extend(one.receipts)
    keys = (codec.key_of(each.envelope_id, each.key) for each in receipts)
    return error.place in keys


def _weight(one: Acceptance | StepRecord) -> int:
    if isinstance(one, Acceptance):
        recipients, size = one.envelope.recipients, len(one.body)
    else:
        recipients, size = one.recipients, 0
    return max(_LEAST_WEIGHT, size + len(recipients) * _RECIPIENT_WEIGHT)
