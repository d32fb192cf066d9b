"""Gives log indexes to what was recorded, one process at a time.

The lease keeps two processes from doing it at once; storage is atomic all the same. A
process without the lease only watches the log grow, to wake its own inboxes.
"""

from exchange.delivery.lease import Lease
from exchange.services import Services

LEASE = "sequencer"
_LEASE_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_BATCH = 500


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

    async def turn(self) -> None:
        """Wait for work, at most half a second, and do it."""
        await self._services.signals.recorded.wait(_LOOK_SECONDS)
        await self.sequence_waiting()

    async def sequence_waiting(self) -> None:
        """Sequence everything that waits, if it is this process's to do."""
        while await self._lease.held():
            done = await self._services.storage.log.sequence(limit=_BATCH)
            if done:
                self._announce(done[-1].index + 1)
            elif self._follows:
                # Another process may have been the last one.
                self._announce(await self._size_now())
            self._follows = False
            if len(done) < _BATCH:
                return
        self._follows = True
        self._announce(await self._size_now())

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._lease.release()

    async def _size_now(self) -> int:
        return await self._services.storage.log.size()

    def _announce(self, size: int) -> None:
        if size != self._size:
            self._size = size
            self._services.signals.sequenced.announce()
