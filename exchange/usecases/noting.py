"""Making notices: of what became visible, and of what somebody else found out."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from exchange.domain.access import acting_agencies
from exchange.domain.notices import (
    MAIL_SUBSCRIPTION,
    Notice,
    NoticeChannel,
    NoticeEvent,
    Subscription,
    may_be_told,
    new_notice,
    wants_arrival,
)
from exchange.domain.records import InboxItem
from exchange.services import Services
from exchange.storage.ports import Storage
from exchange.usecases.directory import current_directory
from schemas.identifiers import EnvelopeId, OrganId, SystemId

_ENTRIES_AT_ONCE = 500
_MAIL_EVENTS = frozenset({NoticeEvent.ARRIVED, NoticeEvent.OVERDUE})


async def note_arrivals(services: Services) -> bool:
    """Make the notices of what became visible; tell whether there may be more.

    What was noted stands in storage with how far that went, so whoever goes on after
    a crash makes the same notices, and none twice.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    storage = services.storage
    subscriptions = [
        one
        for one in await storage.notices.subscriptions()
        if one.channel in services.carriers
    ]
    if not subscriptions:
        return False
    after = min(one.cursor for one in subscriptions)
    shown = await storage.notices.shown(after, limit=_ENTRIES_AT_ONCE)
    if shown.until == after:
        return False
    await storage.notices.enter(
        await _arrivals(services, subscriptions, shown.items),
        subscriptions=[one.subscription_id for one in subscriptions],
        cursor=shown.until,
    )
    return True


async def note_overdue(
    services: Services,
    agency: OrganId,
    envelope_id: EnvelopeId,
    *,
    occurrence: str = "",
) -> int:
    """Make the notices of an overdue document; return how many want to know.

    Args:
        services: storage, directory and clock.
        agency: which is late.
        envelope_id: the document.
        occurrence: tells apart reminders of the same document; the same one again
            makes no second notice.
    """
    notices, now = services.storage.notices, services.now()
    directory = await current_directory(services)
    inherited = directory.inherited(agency, now)
    wanted = [
        new_notice(
            one,
            NoticeEvent.OVERDUE,
            agency,
            now=now,
            envelope_id=envelope_id,
            occurrence=occurrence,
        )
        for one in await notices.subscriptions_about([agency, *inherited])
        if NoticeEvent.OVERDUE in one.events
    ]
    await notices.enter(wanted, subscriptions=(), cursor=-1)
    return len(wanted)


async def ensure_mail(services: Services) -> None:
    """Have mail for all from now on, where a mail server is named."""
    if NoticeChannel.SMTP not in services.carriers:
        return
    await services.storage.notices.ensure(
        Subscription(
            subscription_id=MAIL_SUBSCRIPTION,
            channel=NoticeChannel.SMTP,
            agency=None,
            events=_MAIL_EVENTS,
            created_at=services.now(),
            cursor=await newest_cursor(services.storage),
        )
    )


async def rights_of(
    services: Services, subscriptions: Iterable[Subscription]
) -> Mapping[SystemId, frozenset[OrganId]]:
    """Return which agencies those who registered subscriptions act for now."""
    directory, now = await current_directory(services), services.now()
    names = {one.system_id for one in subscriptions if one.system_id is not None}
    found = [await services.storage.directory.system(one) for one in sorted(names)]
    return {
        one.system_id: directory.with_inherited(acting_agencies(one, now), now)
        for one in found
        if one is not None
    }


async def newest_cursor(storage: Storage) -> int:
    """Return the index of the last log entry; -1 while there is none."""
    return await storage.log.size() - 1


async def _arrivals(
    services: Services,
    subscriptions: Sequence[Subscription],
    items: Sequence[InboxItem],
) -> list[Notice]:
    directory, now = await current_directory(services), services.now()
    recipients = {item.delivery.recipient for item in items}
    # What waited while its recipient was closed concerns who took over.
    heirs = {one: directory.answerable(one, now) for one in recipients}
    inherited = {one: directory.inherited(heirs[one], now) for one in recipients}
    about = _by_agency(subscriptions)
    wanted: list[tuple[Subscription, InboxItem]] = []
    for item in items:
        # One letter to every commune is thousands, and others have turns in between.
        await asyncio.sleep(0)
        recipient = item.delivery.recipient
        codes = {None, heirs[recipient], *inherited[recipient]}
        wanted.extend(
            (one, item)
            for code in codes
            for one in about.get(code, ())
            if wants_arrival(one, item)
        )
    rights = await rights_of(services, (one for one, _ in wanted))
    notices = (
        _arrival(subscription, item, heirs[item.delivery.recipient], rights, now=now)
        for subscription, item in wanted
    )
    return [one for one in notices if one is not None]


def _by_agency(
    subscriptions: Iterable[Subscription],
) -> Mapping[OrganId | None, Sequence[Subscription]]:
    found: dict[OrganId | None, list[Subscription]] = defaultdict(list)
    for one in subscriptions:
        found[one.agency].append(one)
    return found


def _arrival(
    subscription: Subscription,
    item: InboxItem,
    heir: OrganId,
    rights: Mapping[SystemId, Collection[OrganId]],
    *,
    now: datetime,
) -> Notice | None:
    """Return the notice of what arrived; None where nobody may be told of it."""
    # A system that acts for a closed code alone goes on reading, and hearing, by it.
    codes = (heir, item.delivery.recipient)
    told = [one for one in codes if may_be_told(subscription, one, rights)]
    if not told:
        return None
    return new_notice(
        subscription,
        NoticeEvent.ARRIVED,
        told[0],
        now=now,
        envelope_id=item.envelope.envelope_id,
        cursor=item.delivery.log_index,
    )
