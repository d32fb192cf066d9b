"""The loops of one process, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exchange.delivery.checker import Checker
from exchange.delivery.loops import repeat
from exchange.delivery.sequencer import Sequencer
from exchange.services import Services


@asynccontextmanager
async def delivering(services: Services, *, owner: str) -> AsyncIterator[None]:
    """Check and sequence until the end of the block, under leases of `owner`."""
    checker = Checker(services, owner=owner)
    sequencer = Sequencer(services, owner=owner)
    tasks = [
        asyncio.create_task(repeat("checker", checker.turn), name="checker"),
        asyncio.create_task(repeat("sequencer", sequencer.turn), name="sequencer"),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await checker.stop()
        await sequencer.stop()
