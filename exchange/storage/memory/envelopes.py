"""Envelopes, deliveries and receipts in memory."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from exchange.domain.records import (
    Acceptance,
    Accepted,
    Delivery,
    Envelope,
    InboxItem,
    Repeated,
    StatusChange,
    StepRecord,
    StoredReceipt,
)
from exchange.domain.steps import receipt_key
from exchange.storage.conflicts import (
    body_missing,
    body_purged,
    envelope_missing,
    receipt_conflict,
    status_conflict,
)
from exchange.storage.growth import entry_of
from exchange.storage.memory.steps import record, trace
from exchange.storage.memory.tables import Tables
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.vocabulary import FINAL_DELIVERY_STATES, DeliveryState, Step

_UNCHECKED = frozenset({DeliveryState.ACCEPTED, DeliveryState.CHECKING})


class MemoryEnvelopes:
    """Accepted envelopes, their deliveries and receipts."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def store_chunks(self, body_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a large body before its acceptance."""
        begun_at = datetime.now(UTC)
        body = b"".join([chunk async for chunk in chunks])
        self._tables.chunked[body_id] = (begun_at, body)

    async def drop_orphans(self, *, before: datetime) -> int:
        """Remove bodies begun before a time and never accepted; return how many."""
        chunked = self._tables.chunked
        orphans = [key for key, (begun_at, _) in chunked.items() if begun_at < before]
        for key in orphans:
            del chunked[key]
            self._tables.uploads.pop(key, None)
        return len(orphans)

    async def accept(self, acceptance: Acceptance) -> Accepted | Repeated:
        """Store envelope, deliveries, receipts, log entry and audit line, or none."""
        envelope = acceptance.envelope
        stored = await self.envelope_by_message(
            envelope.system_id, envelope.sender, envelope.message_id
        )
        if stored is not None:
            ours = stored.envelope_id == envelope.envelope_id
            return Accepted(stored) if ours else Repeated(stored)
        self._require_acceptable(acceptance)
        record(self._tables, acceptance.steps, acceptance.updates)
        self._insert(acceptance)
        return Accepted(envelope)

    async def envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id."""
        return self._tables.envelopes.get(envelope_id)

    async def known_envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id; all of them are at hand."""
        return await self.envelope(envelope_id)

    async def open_envelope(
        self, envelope_id: EnvelopeId
    ) -> tuple[Envelope, AsyncIterator[bytes]] | None:
        """Find an envelope, and its raw body, to be read once."""
        found = await self.envelope(envelope_id)
        return None if found is None else (found, self.read_body(envelope_id))

    async def envelope_by_message(
        self, system_id: SystemId, sender: OrganId, message_id: MessageId
    ) -> Envelope | None:
        """Find an envelope by its sender's id."""
        envelope_id = self._tables.messages.get((system_id, sender, message_id))
        return None if envelope_id is None else self._tables.envelopes[envelope_id]

    async def read_body(
        self, envelope_id: EnvelopeId, *, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the raw body, or a slice of it, in one piece."""
        if envelope_id not in self._tables.envelopes:
            raise envelope_missing(envelope_id)
        if envelope_id not in self._tables.bodies:
            raise body_purged(envelope_id)
        body = self._tables.bodies[envelope_id]
        piece = body[offset : len(body) if length is None else offset + length]
        if piece:
            yield piece

    async def delivery(
        self, envelope_id: EnvelopeId, recipient: OrganId
    ) -> Delivery | None:
        """Find one delivery."""
        return self._tables.deliveries.get((envelope_id, recipient))

    async def deliveries(
        self, envelope_id: EnvelopeId, *, of: Collection[OrganId] | None = None
    ) -> Sequence[Delivery]:
        """Deliveries of an envelope, ordered by recipient: all, or those `of` some."""
        keys = sorted(key for key in self._tables.deliveries if key[0] == envelope_id)
        return [
            self._tables.deliveries[key] for key in keys if of is None or key[1] in of
        ]

    async def inbox(
        self, recipients: Collection[OrganId], *, after: int, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index above `after`, in log order."""
        visible = sorted(
            (one.log_index, one.recipient, one)
            for one in self._tables.deliveries.values()
            if one.recipient in recipients
            and one.log_index is not None
            and one.log_index > after
        )
        last = visible[:limit][-1][0] if visible[:limit] else after
        return [
            InboxItem(one, self._tables.envelopes[one.envelope_id])
            for index, _, one in visible
            if index <= last
        ]

    async def to_check(self, *, limit: int, urgent: bool = False) -> Sequence[Envelope]:
        """Envelopes with deliveries in state accepted or checking, oldest first."""
        unchecked = {
            one.envelope_id
            for one in self._tables.deliveries.values()
            if one.state in _UNCHECKED
        }
        waiting = [self._tables.envelopes[one] for one in sorted(unchecked)]
        if urgent:
            marked = (one for one in waiting if one.urgency)
            waiting = sorted(marked, key=lambda one: -one.urgency)
        return waiting[:limit]

    async def record_step(self, step: StepRecord) -> StoredReceipt:
        """Store receipt, states, log entry and audit line, or none."""
        tables, receipt = self._tables, step.receipt
        stored = tables.receipts.get((receipt.envelope_id, receipt.key))
        if stored is not None:
            return stored
        record(tables, [step])
        return receipt

    async def receipt(self, envelope_id: EnvelopeId, key: str) -> StoredReceipt | None:
        """Find one step receipt of an envelope."""
        return self._tables.receipts.get((envelope_id, key))

    async def receipts(self, envelope_id: EnvelopeId) -> Sequence[StoredReceipt]:
        """Step receipts of an envelope in the order of recording."""
        found = (
            one
            for one in self._tables.receipts.values()
            if one.envelope_id == envelope_id
        )
        return _as_recorded(found)

    async def receipts_of(
        self, envelope_id: EnvelopeId, step: Step, recipient: OrganId
    ) -> Sequence[StoredReceipt]:
        """Each time one step was taken for one recipient, in the order of recording."""
        first = receipt_key(step, recipient)
        found = (
            one
            for (envelope, key), one in self._tables.receipts.items()
            if envelope == envelope_id and (key == first or key.startswith(f"{first}:"))
        )
        return _as_recorded(found)

    async def statuses_of(self, envelope_id: EnvelopeId) -> Sequence[Envelope]:
        """Status envelopes that report on `envelope_id`, in order of acceptance."""
        found = (
            one
            for one in self._tables.envelopes.values()
            if one.status_of == envelope_id
        )
        return sorted(found, key=lambda one: (one.accepted_at, one.envelope_id))

    def _require_acceptable(self, acceptance: Acceptance) -> None:
        tables, change = self._tables, acceptance.status_change
        if acceptance.body_chunks is not None:
            self._require_stored(acceptance.body_chunks, acceptance.envelope.size)
        for receipt in acceptance.receipts:
            if (receipt.envelope_id, receipt.key) in tables.receipts:
                raise receipt_conflict(receipt.key)
        if change is not None and not self._still_holds(change):
            raise status_conflict(change)

    def _require_stored(self, body_id: str, size: int) -> None:
        _, body = self._tables.chunked.get(body_id, (None, None))
        upload = self._tables.uploads.get(body_id)
        is_spent = upload is not None and upload.is_spent
        if body is None or len(body) != size or is_spent:
            raise body_missing()

    def _still_holds(self, change: StatusChange) -> bool:
        key = (change.envelope_id, change.recipient)
        delivery = self._tables.deliveries.get(key)
        return (
            delivery is not None
            and delivery.status is change.before
            and delivery.state not in FINAL_DELIVERY_STATES
            and (*key, change.after) not in self._tables.reported
        )

    def _insert(self, acceptance: Acceptance) -> None:
        tables, envelope = self._tables, acceptance.envelope
        tables.envelopes[envelope.envelope_id] = envelope
        tables.messages[envelope.system_id, envelope.sender, envelope.message_id] = (
            envelope.envelope_id
        )
        tables.bodies[envelope.envelope_id] = (
            acceptance.body
            if acceptance.body_chunks is None
            else tables.chunked.pop(acceptance.body_chunks)[1]
        )
        self._take_upload(acceptance)
        for recipient, state in acceptance.first_states():
            tables.deliveries[envelope.envelope_id, recipient] = Delivery(
                envelope_id=envelope.envelope_id, recipient=recipient, state=state
            )
        for receipt in acceptance.receipts:
            tables.receipts[receipt.envelope_id, receipt.key] = receipt
        tables.pending[acceptance.entry.entry_id] = entry_of(acceptance)
        tables.audit.append(acceptance.audit)
        if acceptance.delivered is not None:
            trace(tables, acceptance.delivered)
        if acceptance.status_change is not None:
            self._report(acceptance.status_change)

    def _take_upload(self, acceptance: Acceptance) -> None:
        body_id, uploads = acceptance.body_chunks, self._tables.uploads
        if body_id is not None and body_id in uploads:
            uploads[body_id] = replace(uploads[body_id], is_used=True)
            self._tables.taken_uploads[body_id] = acceptance.envelope.envelope_id

    def _report(self, change: StatusChange) -> None:
        key = (change.envelope_id, change.recipient)
        self._tables.deliveries[key] = replace(
            self._tables.deliveries[key], status=change.after
        )
        self._tables.reported.add((*key, change.after))


def _as_recorded(receipts: Iterable[StoredReceipt]) -> list[StoredReceipt]:
    return sorted(receipts, key=lambda one: (one.recorded_at, one.entry_id))
