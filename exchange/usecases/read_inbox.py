"""List what arrived for an agency after a cursor, and wait for news.

The cursor is the log index that made a delivery visible. Indexes are given one after
the other by one sequencer, in the transaction that shows the delivery, so nothing can
appear before a cursor that was handed out (design, invariant 3).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from exchange.domain.records import DeliveryLease, InboxItem
from exchange.services import Caller, Services
from exchange.usecases.auditing import refusals_audited
from exchange.usecases.inbox_news import ticket
from exchange.usecases.viewing import agencies_of
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInbox:
    """A look into an inbox.

    Args:
        agency: whose; None: those of all agencies the caller acts for.
        after: the last cursor seen; -1 from the beginning.
        wait_seconds: how long to wait when there is nothing.
        lease_seconds: how long the items are this poller's alone; 0 to look only. With
            it the cursor says nothing: what is free is handed out, oldest first.
    """

    caller: Caller
    agency: str | None
    after: int = -1
    wait_seconds: float = 0.0
    lease_seconds: float = 0.0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Items in log order and the cursor after the last of them.

    It is below the one that was asked for where that was given before the hub was
    restored from an older backup: from there on nothing is missed.
    """

    items: tuple[InboxItem, ...]
    cursor: int


async def read_inbox(services: Services, command: ReadInbox) -> InboxPage:
    """Return the next items; an empty page when none came in time.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    async with refusals_audited(
        services,
        command.caller,
        subject="inbox",
        event=AuditEvent.ACCESS_REFUSED,
    ):
        agencies = await agencies_of(services, command.caller, command.agency)
    command = await _placed(services, command)
    items = await _first_items(services, command, agencies)
    if command.lease_seconds:
        return InboxPage(tuple(items), command.after)
    return InboxPage(tuple(items), _cursor(items, command.after))


async def _placed(services: Services, command: ReadInbox) -> ReadInbox:
    """Go on from where a restored backup ended, if the log ends before the cursor.

    What came since has lower indexes than such a cursor, and would never be shown.
    """
    mailroom = services.signals.mailroom
    if command.lease_seconds or command.after <= mailroom.reached:
        return command
    place = await services.storage.log.place_of(command.after)
    mailroom.know(place)
    return replace(command, after=place)


async def _first_items(
    services: Services, command: ReadInbox, agencies: frozenset[OrganId]
) -> Sequence[InboxItem]:
    if command.wait_seconds <= 0:
        return await _items(services, command, agencies)
    clock = asyncio.get_running_loop().time
    deadline = clock() + min(command.wait_seconds, services.limits.inbox_wait_seconds)
    if services.signals.mailroom.is_idle and not command.lease_seconds:
        # Where nobody waits a ticket costs a look of its own; there may be no need.
        found = await _items(services, command, agencies)
        if found:
            return found
    items: Sequence[InboxItem]
    may_wait = not command.lease_seconds
    while True:
        # Taken before looking, so news that come after the look are told to it.
        async with _news(services, command, agencies) as news:
            # Whoever has read all that was told can only wait; after that it looks.
            if may_wait and _has_nothing(services, command, agencies):
                items = []
            else:
                items = await _items(services, command, agencies)
            may_wait = False
            remaining = deadline - clock()
            if items or remaining <= 0 or services.signals.draining:
                return items
            await _come_or_late(news, remaining)


def _has_nothing(
    services: Services, command: ReadInbox, agencies: frozenset[OrganId]
) -> bool:
    return services.signals.mailroom.has_nothing(agencies, after=command.after)


@asynccontextmanager
async def _news(
    services: Services, command: ReadInbox, agencies: frozenset[OrganId]
) -> AsyncIterator[asyncio.Event]:
    if command.lease_seconds:
        # What is offered again gets no new place in the log: any step may be one.
        yield services.signals.sequenced.ticket()
        return
    async with ticket(services, agencies) as news:
        yield news


async def _items(
    services: Services, command: ReadInbox, agencies: frozenset[OrganId]
) -> Sequence[InboxItem]:
    storage, limits = services.storage, services.limits
    limit = max(1, min(command.limit, limits.inbox_page))
    if not command.lease_seconds:
        return await _page(services, agencies, command.after, limit)
    now = services.now()
    seconds = min(command.lease_seconds, limits.lease_seconds)
    lease = DeliveryLease(
        f"{command.caller.system.system_id}/{services.ids.new(now)}",
        now + timedelta(seconds=seconds),
    )
    return await storage.deliveries.lease(agencies, lease, now=now, limit=limit)


async def _page(
    services: Services, agencies: frozenset[OrganId], after: int, limit: int
) -> Sequence[InboxItem]:
    mailroom = services.signals.mailroom
    told = mailroom.after
    items = await services.storage.envelopes.inbox(agencies, after=after, limit=limit)
    cursor = _cursor(items, after)
    mailroom.know(cursor)
    if len(items) < limit:
        mailroom.read(agencies, until=cursor, told=told)
    return items


def _cursor(items: Sequence[InboxItem], after: int) -> int:
    indexes = [one.delivery.log_index for one in items]
    return max((one for one in indexes if one is not None), default=after)


async def _come_or_late(news: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
