"""How parts of one process tell each other that there is work, without busy loops.

A signal is a hint and never carries state: what is to be done stands in storage, and
every waiter also looks there on a timer, so a lost hint costs time and nothing else.
"""

import asyncio
from contextlib import suppress

from schemas.identifiers import OrganId

_GATHERING_SECONDS = 0.005


class Bell:
    """Wakes one loop; rings that come while it works are not lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Say that there is work."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when the bell rings, at the latest after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
            # What rings almost together is done together.
            await asyncio.sleep(_GATHERING_SECONDS)
        self._event.clear()


class Broadcast:
    """Wakes everybody who took a ticket before the news."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Take a ticket; look into storage after taking it and before waiting."""
        return self._news

    def announce(self) -> None:
        """Wake everybody who waits on a ticket."""
        self._news.set()
        self._news = asyncio.Event()


class Mailroom:
    """Who waits at this process for mail of which agencies.

    Attributes:
        waiting: an event of each who waits.
        after: the log index up to which one look for all of them has come.
        looking: looks while anybody waits (`exchange.usecases.inbox_news`).
    """

    def __init__(self) -> None:
        self.waiting: dict[asyncio.Event, frozenset[OrganId]] = {}
        self.after = -1
        self.looking: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing looks for those who wait."""
        return self.looking is None or self.looking.done()


class Signals:
    """The signals of one process.

    Attributes:
        accepted: envelopes wait for the checker.
        recorded: log entries wait for the sequencer.
        sequenced: the log has grown; inboxes may show more.
        mailroom: who waits for mail.
        draining: the process is about to stop; nobody should wait any longer.
    """

    def __init__(self) -> None:
        self.draining = False
        self.accepted = Bell()
        self.recorded = Bell()
        self.sequenced = Broadcast()
        self.mailroom = Mailroom()

    def drain(self) -> None:
        """Send everybody home who only waits for news."""
        self.draining = True
        self.sequenced.announce()
