"""What an agency sent, recipient by recipient: who has not acknowledged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from exchange.domain.records import InboxItem, delivery_key
from exchange.services import Caller, Services
from exchange.storage.ports import DeliveryQuery
from exchange.usecases.auditing import refusals_audited
from exchange.usecases.viewing import agencies_of
from schemas.vocabulary import AuditEvent, DeliveryState

_SETTLED = frozenset(
    {
        DeliveryState.ACKNOWLEDGED,
        DeliveryState.REDIRECTED,
        DeliveryState.RECALLED,
        DeliveryState.EXPIRED,
    }
)
UNACKNOWLEDGED: frozenset[DeliveryState] = frozenset(DeliveryState) - _SETTLED
"""States in which the recipient has not said that it has the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOutbox:
    """A look at what one agency sent.

    Args:
        states: those wanted.
        after: key of the last delivery seen; empty from the beginning.
    """

    caller: Caller
    agency: str
    states: Collection[DeliveryState]
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries in the order of their keys, and the key after which to go on."""

    items: tuple[InboxItem, ...]
    after: str


async def read_outbox(services: Services, command: ReadOutbox) -> DeliveryPage:
    """Return the next deliveries of documents an agency sent, oldest first.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    async with refusals_audited(
        services, command.caller, subject="outbox", event=AuditEvent.ACCESS_REFUSED
    ):
        (agency,) = await agencies_of(services, command.caller, command.agency)
    query = DeliveryQuery(
        states=command.states,
        sender=agency,
        after=command.after,
        limit=max(1, min(command.limit, services.limits.inbox_page)),
    )
    return page_of(await services.storage.deliveries.find(query), command.after)


def page_of(found: Sequence[InboxItem], after: str) -> DeliveryPage:
    """Return a page, whose end is where it began when nothing was found."""
    if not found:
        return DeliveryPage((), after)
    last = found[-1].delivery
    return DeliveryPage(tuple(found), delivery_key(last.envelope_id, last.recipient))
