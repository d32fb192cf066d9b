"""Deliveries as queues: leased, failed, stuck, and followed by those who sent them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exchange.domain.records import Delivery, DeliveryLease, InboxItem
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries, in the order of their keys (`delivery_key`).

    Args:
        states: those wanted.
        sender: of documents sent by this agency; None: of all envelopes.
        recipient: to this agency; None: to all.
        before: of envelopes with a smaller id, which are older.
        lease_ended: none that somebody has for longer than until then; None: those too.
        after: key of the last one seen; empty from the beginning.
        limit: most of them.
    """

    states: Collection[DeliveryState]
    sender: OrganId | None = None
    recipient: OrganId | None = None
    before: EnvelopeId | None = None
    lease_ended: datetime | None = None
    after: str = ""
    limit: int = 100


class DeliveryStore(Protocol):
    """Deliveries as queues.

    A lease is no step: it proves nothing, it only keeps pollers of one agency from
    doing the same work, so it has neither a receipt nor a log entry.
    """

    async def lease(
        self,
        recipients: Collection[OrganId],
        lease: DeliveryLease,
        *,
        now: datetime,
        limit: int,
    ) -> Sequence[InboxItem]:
        """Give visible deliveries to the owner of `lease` alone, oldest first.

        Those available, and those whose lease has ended. Nobody else gets one until
        `lease` has ended, however many ask at the same time.
        """

    async def end_leases(self, *, now: datetime) -> int:
        """Make available again what was leased until now; return how many.

        A lease that has no end, as earlier versions wrote, is over.
        """

    async def due_again(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Failed deliveries whose time to be offered again has come, longest first."""

    async def find(self, query: DeliveryQuery) -> Sequence[InboxItem]:
        """Deliveries with their envelopes, ordered by key."""

    async def counts(self, queries: Sequence[DeliveryQuery]) -> Sequence[int]:
        """How many fit each query; no more than its limit are counted."""
