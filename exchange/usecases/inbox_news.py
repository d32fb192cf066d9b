"""Waiting for news of an inbox: one look into storage serves everybody who waits.

Every step of every envelope makes the log grow. If each waiting poller looked for
itself each time, six hundred pollers would ask six hundred questions about a letter
that concerns one of them. The one look goes along the log: it costs what is new,
whatever the number of those who wait.

Nor need each process look: whoever sequences looks once and tells all of them. The look
here is for what was not told, or not all of it.

Invariants:
    - A ticket is taken before its holder looks for itself; what becomes visible after
      that look has a higher log index than the mailroom has been told of by then.
    - Whatever fails wakes everybody, and each looks for itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from exchange.domain.news import News
from exchange.errors import ExchangeError
from exchange.services import Services
from schemas.identifiers import OrganId

_AT_ONCE = 500
_GATHERING_SECONDS = 0.05
_LOOK_SECONDS = 5.0


@asynccontextmanager
async def ticket(
    services: Services, agencies: frozenset[OrganId]
) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when something may have come for `agencies`.

    Where nobody waits yet it costs a look at the log's size.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    mailroom, signals = services.signals.mailroom, services.signals
    # Taken before the size is read, so growth that follows it is told.
    grown = signals.sequenced.ticket()
    size = await services.storage.log.size() if mailroom.is_idle else 0
    news = asyncio.Event()
    mailroom.waiting[news] = agencies
    # Another may have begun meanwhile, from an earlier index.
    if mailroom.is_idle:
        mailroom.begin(size - 1)
        mailroom.looking = asyncio.create_task(_look_for_all(services, grown))
    try:
        yield news
    finally:
        del mailroom.waiting[news]


async def _look_for_all(services: Services, grown: asyncio.Event) -> None:
    """Look after each growth of the log, as long as anybody waits."""
    mailroom, signals = services.signals.mailroom, services.signals
    try:
        while True:
            is_told = await _come_or_late(grown)
            if signals.draining or not mailroom.waiting:
                return
            grown = signals.sequenced.ticket()
            if is_told and not mailroom.is_behind:
                continue
            mailroom.is_behind = False
            while await _look(services):
                pass
    except ExchangeError:
        # Whoever waits meets the same failure, and tells its caller.
        return
    finally:
        for news in mailroom.waiting:
            news.set()


async def _look(services: Services) -> bool:
    """Wake whom new items concern; tell whether there are more."""
    mailroom = services.signals.mailroom
    before = mailroom.after
    found = await services.storage.log.arrivals(before, limit=_AT_ONCE)
    mailroom.tell(News(after=before, until=found.until, recipients=found.recipients))
    return found.until - before >= _AT_ONCE


async def _come_or_late(grown: asyncio.Event) -> bool:
    """Wait for growth, but not for ever; tell whether any was told."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_SECONDS):
            await grown.wait()
    # What is sequenced almost together is looked for together.
    await asyncio.sleep(_GATHERING_SECONDS)
    return grown.is_set()
