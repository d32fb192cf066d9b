"""Accepted envelopes, their deliveries and receipts."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

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
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.vocabulary import Step


class EnvelopeStore(Protocol):
    """Accepted envelopes, their deliveries and receipts."""

    async def store_chunks(self, body_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a large body before its acceptance; an orphan until then.

        `body_id` is fresh for every try.
        """

    async def drop_orphans(self, *, before: datetime) -> int:
        """Remove bodies begun before a time and never accepted; return how many."""

    async def accept(self, acceptance: Acceptance) -> Accepted | Repeated:
        """Store envelope, deliveries, receipts, log entry and audit line, or none.

        (system, sender, message id) is unique for ever: what is stored under it is
        returned, whatever else the acceptance holds. Deliveries start as accepted,
        as available where its own entry makes them visible, those of `redirects` as
        redirected.
        The same acceptance again, after its answer was lost, is accepted.

        Raises:
            StateConflictError: `status_change.before` no longer holds, or its code or
                a receipt's key is stored already, or the document was taken away.
            BodyMissingError: `body_chunks` was not stored completely, or is taken.
        """

    async def envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id."""

    async def known_envelope(self, envelope_id: EnvelopeId) -> Envelope | None:
        """Find an envelope by the hub's id, as this process may have met it before.

        Nothing of it has changed since but `purged_at`, which may be missing.
        """

    async def open_envelope(
        self, envelope_id: EnvelopeId
    ) -> tuple[Envelope, AsyncIterator[bytes]] | None:
        """Find an envelope as it is now, and its raw body as `read_body` has it."""

    async def envelope_by_message(
        self, system_id: SystemId, sender: OrganId, message_id: MessageId
    ) -> Envelope | None:
        """Find an envelope by its sender's id."""

    def read_body(
        self, envelope_id: EnvelopeId, *, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the raw body, or a slice of it, in pieces checked by digest.

        Raises:
            ExchangeError: no such envelope (ENVELOPE_NOT_FOUND), its body was purged
                (PAYLOAD_PURGED), or the stored bytes
                are not those accepted (STORED_BYTES_DAMAGED).
        """

    async def delivery(
        self, envelope_id: EnvelopeId, recipient: OrganId
    ) -> Delivery | None:
        """Find one delivery."""

    async def deliveries(
        self, envelope_id: EnvelopeId, *, of: Collection[OrganId] | None = None
    ) -> Sequence[Delivery]:
        """Deliveries of an envelope, ordered by recipient: all, or those `of` some."""

    async def inbox(
        self, recipients: Collection[OrganId], *, after: int, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index above `after`, in log order.

        More than `limit` only so that deliveries of one index stay together: whoever
        goes on after the last index has missed nothing. Their envelopes are as
        `known_envelope` has them.
        """

    async def to_check(self, *, limit: int, urgent: bool = False) -> Sequence[Envelope]:
        """Envelopes with deliveries in state accepted or checking, oldest first.

        Only the urgent ones, the most urgent first, if those are asked for. They are as
        `known_envelope` has them.
        """

    async def record_step(self, step: StepRecord) -> StoredReceipt:
        """Store receipt, states, log entry and audit line, or none.

        A receipt whose key is already stored is returned as it is stored.

        Raises:
            StateConflictError: a delivery is not in one of `before`.
        """

    async def receipt(self, envelope_id: EnvelopeId, key: str) -> StoredReceipt | None:
        """Find one step receipt of an envelope."""

    async def receipts(self, envelope_id: EnvelopeId) -> Sequence[StoredReceipt]:
        """Step receipts of an envelope in the order of recording."""

    async def receipts_of(
        self, envelope_id: EnvelopeId, step: Step, recipient: OrganId
    ) -> Sequence[StoredReceipt]:
        """Each time one step was taken for one recipient, in the order of recording.

        They are found by their keys: what others have costs nothing.
        """

    async def statuses_of(self, envelope_id: EnvelopeId) -> Sequence[Envelope]:
        """Status envelopes that report on `envelope_id`, in order of acceptance."""
