"""Deliveries as queues, in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from exchange.domain.records import (
    Delivery,
    DeliveryLease,
    Envelope,
    InboxItem,
    delivery_key,
)
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.deliveries import DeliveryQuery
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState, EnvelopeKind


class MemoryDeliveries:
    """Deliveries as queues."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def lease(
        self,
        recipients: Collection[OrganId],
        lease: DeliveryLease,
        *,
        now: datetime,
        limit: int,
    ) -> Sequence[InboxItem]:
        """Give visible deliveries to the owner of `lease` alone, oldest first."""
        free = sorted(
            (one.log_index, one.recipient, one)
            for one in self._tables.deliveries.values()
            if one.recipient in recipients
            and one.log_index is not None
            and _is_free(one, now)
        )
        taken = [
            replace(one, state=DeliveryState.LEASED, lease=lease)
            for _, _, one in free[:limit]
        ]
        self._put(taken)
        return [self._with_envelope(one) for one in taken]

    async def end_leases(self, *, now: datetime) -> int:
        """Make available again what was leased until now; return how many."""
        ended = [
            replace(one, state=DeliveryState.AVAILABLE, lease=None)
            for one in self._tables.deliveries.values()
            if one.state is DeliveryState.LEASED and _is_free(one, now)
        ]
        self._put(ended)
        return len(ended)

    async def due_again(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Failed deliveries whose time to be offered again has come, longest first."""
        failed = (one for one in self._in_order() if one.state is DeliveryState.FAILED)
        due = [one for one in failed if _offered_again(one) <= now]
        return sorted(due, key=_offered_again)[:limit]

    async def find(self, query: DeliveryQuery) -> Sequence[InboxItem]:
        """Deliveries with their envelopes, ordered by key."""
        found = [
            self._with_envelope(one)
            for one in self._in_order()
            if _is_wanted(one, self._tables.envelopes[one.envelope_id], query)
        ]
        return found[: query.limit]

    async def counts(self, queries: Sequence[DeliveryQuery]) -> Sequence[int]:
        """How many fit each query; no more than its limit are counted."""
        return [len(await self.find(one)) for one in queries]

    def _in_order(self) -> Iterator[Delivery]:
        for key in sorted(self._tables.deliveries):
            yield self._tables.deliveries[key]

    def _put(self, changed: Collection[Delivery]) -> None:
        for one in changed:
            self._tables.deliveries[one.envelope_id, one.recipient] = one

    def _with_envelope(self, delivery: Delivery) -> InboxItem:
        return InboxItem(delivery, self._tables.envelopes[delivery.envelope_id])


def _offered_again(failed: Delivery) -> datetime:
    return failed.retry.retry_at or datetime.min.replace(tzinfo=UTC)


def _has_ended(delivery: Delivery, now: datetime) -> bool:
    return delivery.lease is None or delivery.lease.until <= now


def _is_free(delivery: Delivery, now: datetime) -> bool:
    if delivery.state is DeliveryState.LEASED:
        return _has_ended(delivery, now)
    return delivery.state is DeliveryState.AVAILABLE


def _is_wanted(delivery: Delivery, envelope: Envelope, query: DeliveryQuery) -> bool:
    is_theirs = query.sender is None or (
        envelope.sender == query.sender and envelope.kind is EnvelopeKind.DOCUMENT
    )
    return (
        is_theirs
        and query.recipient in {None, delivery.recipient}
        and delivery.state in query.states
        and (query.before is None or delivery.envelope_id < query.before)
        and (query.lease_ended is None or _has_ended(delivery, query.lease_ended))
        and delivery_key(delivery.envelope_id, delivery.recipient) > query.after
    )
