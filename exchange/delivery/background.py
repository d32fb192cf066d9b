"""The loops of one process, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exchange.delivery.checker import Checker
from exchange.delivery.housekeeper import Housekeeper
from exchange.delivery.loops import repeat
from exchange.delivery.sequencer import Sequencer
from exchange.services import Services


@asynccontextmanager
async def delivering(services: Services, *, owner: str) -> AsyncIterator[None]:
    """Check, sequence and clean until the end of the block, under leases of `owner`."""
    loops: dict[str, Checker | Sequencer | Housekeeper] = {
        "checker": Checker(services, owner=owner),
        "sequencer": Sequencer(services, owner=owner),
        "housekeeper": Housekeeper(services, owner=owner),
    }
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
