"""Keeps deliveries moving: leases that ended, failures that come due, what got stuck.

All of it stands in storage, so nothing is lost when a process ends; the lease only
spares two processes the same work.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from exchange.delivery.lease import Lease
from exchange.domain.stuck import (
    LOG_WAITS,
    TRANSIENT_STATES,
    count_stuck,
    waiting_since,
)
from exchange.errors import StateConflictError
from exchange.services import Services
from exchange.usecases.find_stuck import find_stuck
from exchange.usecases.tending import settle_failed

LEASE = "keeper"
_LEASE_SECONDS = 6.0
_LOOK_SECONDS = 2.0
_AT_ONCE = 100
_STUCK_LOOKED_FOR = timedelta(minutes=1)
_log = structlog.get_logger()


class Keeper:
    """The keeping loop of one process.

    Args:
        services: what the use cases work with.
        owner: name of this process in the lease.
    """

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)
        self._looked: datetime | None = None

    async def turn(self) -> None:
        """Rest, then keep."""
        await asyncio.sleep(_LOOK_SECONDS)
        await self.keep()

    async def keep(self) -> None:
        """Do everything that is due, if it is this process's to do.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        if not await self._lease.held():
            self._yield_to_others()
            return
        services, now = self._services, self._services.now()
        deliveries = services.storage.deliveries
        if await deliveries.end_leases(now=now):
            services.signals.grown()
        due = await deliveries.due_again(now=now, limit=_AT_ONCE)
        for one in due:
            # Its recipient may have taken it this very moment.
            with suppress(StateConflictError):
                await settle_failed(services, one)
        if due:
            services.signals.recorded.ring()
        await self._look_for_stuck(now)

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._lease.release()

    def _yield_to_others(self) -> None:
        """Take back what was told: whoever has the lease tells it meanwhile."""
        if self._looked is None:
            return
        self._looked = None
        for state in TRANSIENT_STATES:
            self._services.counters.stuck(state, 0)
        self._services.counters.log_waits(timedelta())

    async def _look_for_stuck(self, now: datetime) -> None:
        # A clock that was set back has looked at no time yet.
        if self._looked and timedelta() <= now - self._looked < _STUCK_LOOKED_FOR:
            return
        self._looked = now
        await self._look_at_log(now)
        seconds = self._services.limits.stuck_seconds
        found = [
            one.delivery for one in await find_stuck(self._services, seconds=seconds)
        ]
        for state, number in count_stuck(found).items():
            self._services.counters.stuck(state, number)
            if number:
                _log.warning("deliveries.stuck", state=state, number=number)

    async def _look_at_log(self, now: datetime) -> None:
        """Tell when what was recorded is shown to nobody: it gets no index."""
        oldest = await self._services.storage.log.oldest_waiting()
        waited = waiting_since(oldest, now)
        self._services.counters.log_waits(waited)
        if waited > LOG_WAITS:
            _log.warning("log.waiting", seconds=round(waited.total_seconds()))
