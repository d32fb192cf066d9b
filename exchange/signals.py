"""How parts of one process tell each other that there is work, without busy loops.

A signal is a hint and never carries state: what is to be done stands in storage, and
every waiter also looks there on a timer, so a lost hint costs time and nothing else.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from exchange.domain.news import News
from schemas.identifiers import OrganId

GATHERING_SECONDS = 0.04
"""Between the end of a turn and the next while work keeps coming.

A turn costs nearly the same, whatever it carries.
"""

_TOGETHER_SECONDS = 0.005


class Bell:
    """Wakes one loop; rings that come while it works are not lost.

    What comes after a pause is served at once, and what is urgent always is. What comes
    while the loop is busy is gathered for a moment.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._hurry = asyncio.Event()

    def ring(self, *, hurries: bool = False) -> None:
        """Say that there is work, and whether it is urgent."""
        self._event.set()
        if hurries:
            self._hurry.set()

    async def wait(self, seconds: float, *, gathers: float = GATHERING_SECONDS) -> bool:
        """Return when the bell rings; tell whether for something urgent.

        Args:
            seconds: after which it returns without a ring.
            gathers: seconds since the last work, which ended just now, until a ring
                that is not urgent is heeded.
        """
        served = asyncio.get_running_loop().time()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
            await self._gather(served + gathers)
        hurries = self._hurry.is_set()
        self._event.clear()
        self._hurry.clear()
        return hurries

    async def _gather(self, until: float) -> None:
        """Let others ring as well: what rings almost together is done together."""
        at_least = asyncio.get_running_loop().time() + _TOGETHER_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout_at(max(until, at_least)):
                await self._hurry.wait()


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
        after: the log index up to which all of them were told what came.
        since: the one from which on that was so without a gap.
        newest: of agencies something came for since then: an index their newest item
            is not above.
        reached: an index the log is known to have come to.
        is_behind: there may be more in the log than was told.
        looking: looks while anybody waits (`exchange.usecases.inbox_news`).
    """

    def __init__(self) -> None:
        self.waiting: dict[asyncio.Event, frozenset[OrganId]] = {}
        self.after = -1
        self.since = -1
        self.newest: dict[OrganId, int] = {}
        self.reached = -1
        self.is_behind = False
        self.looking: asyncio.Task[None] | None = None

    def tell(self, news: News) -> None:
        """Wake whom news concern; what leaves a gap is left to a look into the log."""
        self.know(news.until)
        if news.after > self.after:
            self.is_behind = True
            return
        self.after = max(self.after, news.until)
        for one in news.recipients:
            # A word that came late tells nothing of what was told since.
            self.newest[one] = max(news.until, self.newest.get(one, -1))
        for waiting, awaited in self.waiting.items():
            if awaited & news.recipients:
                waiting.set()

    def know(self, index: int) -> None:
        """Take note that the log has come to an index."""
        self.reached = max(self.reached, index)

    def begin(self, after: int) -> None:
        """Begin to tell all that comes after a log index."""
        self.after = self.since = max(self.after, after)

    def has_nothing(self, agencies: Collection[OrganId], *, after: int) -> bool:
        """Whether nothing came for these after an index, of what was told until now."""
        if self.is_idle or after < self.since:
            return False
        return all(self.newest.get(one, -1) <= after for one in agencies)

    def read(self, agencies: Collection[OrganId], *, until: int, told: int) -> None:
        """Note that the newest item of these is not above an index.

        Args:
            agencies: whose inboxes were read to their end.
            until: the index.
            told: how far was told before they were read; what came later stands.
        """
        for one in agencies:
            if until < self.newest.get(one, -1) <= told:
                self.newest[one] = until

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
        tellers: who passes on to other processes that the log has grown.
        draining: the process is about to stop; nobody should wait any longer.
    """

    def __init__(self) -> None:
        self.draining = False
        self.accepted = Bell()
        self.recorded = Bell()
        self.sequenced = Broadcast()
        self.mailroom = Mailroom()
        self.tellers: list[Callable[[News | None], None]] = []

    def grown(self, news: News | None = None) -> None:
        """Say that the log has grown, or that something in inboxes is as before.

        Args:
            news: what came; None sends those who wait to look for themselves.
        """
        if news is None:
            self.mailroom.is_behind = True
        else:
            self.mailroom.tell(news)
        self.sequenced.announce()
        for tell in self.tellers:
            tell(news)

    def drain(self) -> None:
        """Send everybody home who only waits for news."""
        self.draining = True
        self.grown()
