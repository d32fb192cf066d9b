"""Removes what was begun and never accepted, or is over, one process at a time."""

import asyncio
from datetime import timedelta

import structlog

from exchange.domain.usage import TRAFFIC_KEPT, day_of, hour_of
from exchange.services import Services
from exchange.usecases.encryption import note_revocations
from exchange.usecases.purge_bodies import Purging, purge_bodies

LEASE = "housekeeper"
KEPT = timedelta(hours=24)
"""How long a body without an acceptance is left alone; no request lasts as long."""

_PAUSE_SECONDS = 3600.0
_LEASE_SECONDS = 600.0
_log = structlog.get_logger()


class Housekeeper:
    """The cleaning loop of one process.

    Args:
        owner: name of this process in the lease.
    """

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner

    async def turn(self) -> None:
        """Clean, then rest for an hour."""
        await self.clean()
        await asyncio.sleep(_PAUSE_SECONDS)

    async def clean(self) -> None:
        """Drop bodies whose acceptance never came, if it is this process's to do."""
        storage, now = self._services.storage, self._services.now()
        if not await storage.leases.acquire(
            LEASE, owner=self._owner, now=now, seconds=_LEASE_SECONDS
        ):
            return
        # Signings first: their files are among the orphans.
        await storage.signing.drop(before=now - KEPT)
        await note_revocations(self._services)
        purged = await self._purge()
        dropped = await storage.envelopes.drop_orphans(before=now - KEPT)
        await storage.sessions.drop(before=now - KEPT)
        await storage.usage.drop(before=day_of(now - KEPT))
        await storage.usage.drop(before=hour_of(now - TRAFFIC_KEPT))
        _log.info("housekeeping.done", dropped=dropped, purged=purged)

    async def _purge(self) -> int:
        """Purge bodies that need not be kept."""
        purging = Purging(policy=self._services.retention)
        return len([one async for one in purge_bodies(self._services, purging)])

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._services.storage.leases.release(LEASE, owner=self._owner)
