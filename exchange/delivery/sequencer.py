"""Gives log indexes to what was recorded, one process at a time.

The lease keeps two processes from doing it at once; storage is atomic all the same. A
process without the lease only watches the log grow, to wake its own inboxes.
"""

import asyncio
from collections.abc import Sequence

from exchange.delivery.lease import Lease
from exchange.domain.log_entries import SequencedLogEntry
from exchange.domain.news import News
from exchange.domain.pacing import pause_after
from exchange.services import Services
from exchange.signals import GATHERING_SECONDS

LEASE = "sequencer"
_LEASE_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_BATCH = 500
_LONGEST_GATHERING_SECONDS = 0.15
"""What keeps coming is gathered as long as the last turn took, but no longer."""


class Sequencer:
    """The sequencing loop of one process.

    Args:
        owner: name of this process in the lease.
    """

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)
        self._size = -1
        self._follows = True
        self._took = 0.0

    async def turn(self) -> None:
        """Wait for work, at most a second, and do it."""
        gathers = pause_after(
            self._took, shortest=GATHERING_SECONDS, longest=_LONGEST_GATHERING_SECONDS
        )
        await self._services.signals.recorded.wait(_LOOK_SECONDS, gathers=gathers)
        clock = asyncio.get_running_loop().time
        began = clock()
        await self.sequence_waiting()
        self._took = clock() - began

    async def sequence_waiting(self) -> None:
        """Sequence everything that waits, if it is this process's to do."""
        while await self._lease.held():
            done = await self._services.storage.log.sequence(limit=_BATCH)
            # Until all is told, somebody may not know of what was the last.
            follows, self._follows = self._follows, True
            if done:
                await self._tell(done)
            elif follows:
                await self._look()
            self._follows = False
            if len(done) < _BATCH:
                return
        self._follows = True
        await self._look()

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._lease.release()

    async def _tell(self, done: Sequence[SequencedLogEntry]) -> None:
        """Tell what came, looked up once for all processes of the service."""
        visible = [one for one in done if one.entry.makes_visible]
        reached = await self._services.storage.log.reached(visible)
        first, last = done[0].index, done[-1].index
        self._size = last + 1
        news = News(after=first - 1, until=last, recipients=reached)
        # Another process may have had its turn between two transactions of this one.
        is_whole = len(done) == last - first + 1
        self._services.signals.grown(news if is_whole else None)

    async def _look(self) -> None:
        """Look what another process did."""
        size = await self._services.storage.log.size()
        if size != self._size:
            self._size = size
            self._services.signals.grown()
