"""Follows the log into the docket, and finds what has become overdue.

What is to be done stands in storage; the lease only spares two processes the same work.
"""

import asyncio

from exchange.delivery.lease import Lease
from exchange.services import Services
from exchange.usecases.docket import follow_log, settle_due

LEASE = "docket"
_LEASE_SECONDS = 15.0
_LOOK_SECONDS = 5.0


class DocketWatch:
    """The loop of one process that keeps the docket.

    Args:
        services: what the use cases work with.
        owner: name of this process in the lease.
    """

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)

    async def turn(self) -> None:
        """Rest, then do everything that is due."""
        await asyncio.sleep(_LOOK_SECONDS)
        await self.keep()

    async def keep(self) -> None:
        """Do everything that is due, while it is this process's to do.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        while await self._lease.held() and await follow_log(self._services):
            pass
        while await self._lease.held() and await settle_due(self._services):
            pass

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._lease.release()
