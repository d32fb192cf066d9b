"""The loops of one process, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from exchange.delivery.ca_journal import CaJournalFollower, FollowedJournals
from exchange.delivery.checker import Checker
from exchange.delivery.docket_watch import DocketWatch
from exchange.delivery.housekeeper import Housekeeper
from exchange.delivery.keeper import Keeper
from exchange.delivery.loops import repeat
from exchange.delivery.notifier import Notifier
from exchange.delivery.rescanner import Rescanner
from exchange.delivery.sequencer import Sequencer
from exchange.services import Services


class Loop(Protocol):
    """Work that is done in turns."""

    async def turn(self) -> None:
        """Wait for work and do it."""

    async def stop(self) -> None:
        """End what is running and let another process take over."""


@asynccontextmanager
async def delivering(
    services: Services, *, owner: str, journals: FollowedJournals | None = None
) -> AsyncIterator[None]:
    """Do all background work until the end of the block, under leases of `owner`."""
    loops: dict[str, Loop] = {
        "checker": Checker(services, owner=owner),
        "sequencer": Sequencer(services, owner=owner),
        "housekeeper": Housekeeper(services, owner=owner),
        "keeper": Keeper(services, owner=owner),
        "notifier": Notifier(services, owner=owner),
        "docket": DocketWatch(services, owner=owner),
    }
    if services.scanner is not None:
        loops["rescanner"] = Rescanner(services, services.scanner, owner=owner)
    if journals is not None:
        loops["ca_journal"] = CaJournalFollower(services, journals, owner=owner)
    tasks = [
        asyncio.create_task(repeat(name, loop.turn), name=name)
        for name, loop in loops.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for loop in loops.values():
            await loop.stop()
