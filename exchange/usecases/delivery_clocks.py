"""By when the recipients of one document have to do what, late or not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from exchange.domain.deadlines import Clock, ClockState, recipient_clocks
from exchange.domain.docket import DocketRow
from exchange.domain.records import StoredReceipt
from exchange.services import Services
from exchange.usecases.docket import facts_of
from exchange.usecases.trace_envelope import Trace
from schemas.identifiers import OrganId
from schemas.vocabulary import EnvelopeKind, Step

_ARRIVES = frozenset({Step.DELIVERED, Step.RELEASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryClock:
    """One moment by which a recipient has to do something, as it stands now."""

    recipient: OrganId
    clock: Clock
    state: ClockState


async def delivery_clocks(
    services: Services, trace: Trace, recipients: Iterable[OrganId]
) -> Sequence[DeliveryClock]:
    """Return the clocks of some recipients of a document, the earliest first.

    Args:
        services: what is needed.
        trace: what the caller may know of the document.
        recipients: of those whose deliveries are in it.
    """
    if trace.envelope.kind is not EnvelopeKind.DOCUMENT:
        return ()
    rows = [
        DocketRow(
            envelope_id=trace.envelope.envelope_id,
            recipient=one,
            sender=trace.envelope.sender,
            arrived_at=arrived,
        )
        for one in recipients
        if (arrived := _arrived(trace.receipts, one)) is not None
    ]
    if not rows:
        return ()
    facts = await facts_of(services, rows)
    rules, now = services.deadlines, services.now()
    found = [
        DeliveryClock(
            recipient=recipient,
            clock=clock,
            state=clock.state(now, rules.policy.soon),
        )
        for (_, recipient), known in facts.items()
        for clock in recipient_clocks(known, rules.calendar, rules.policy)
    ]
    return sorted(found, key=lambda one: one.clock.due_at)


def _arrived(receipts: Iterable[StoredReceipt], recipient: OrganId) -> datetime | None:
    """Return when a recipient could first read a document.

    A step that names it comes before one for all: who was added later got it later.
    """
    arrivals = [one for one in receipts if one.step in _ARRIVES]
    own = [one.recorded_at for one in arrivals if one.recipient == recipient]
    for_all = [one.recorded_at for one in arrivals if one.recipient is None]
    return min(own or for_all, default=None)
