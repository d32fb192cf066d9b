"""Kills in the middle of a run: of the service and its database, or of primaries."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import StrEnum

from tests.support.station import Station
from tests.support.three_nodes import ThreeNodes

_FIRST, _LAST = 0.05, 0.95
"""Between which parts of a run it is killed."""

_BACK_SECONDS = 120.0


class Victims(StrEnum):
    """What is killed in a run."""

    SITE = "site"
    PRIMARY = "primary"


class Killer:
    """Kills whenever so many documents are done, as drawn from a seed.

    Attributes:
        done: how often it has killed.
        quiet: held by whoever must not be disturbed.
    """

    def __init__(self, *, kills: int, documents: int, seed: int) -> None:
        self._chance = random.Random(f"kills/{seed}")
        places = range(int(documents * _FIRST), int(documents * _LAST))
        self._points = sorted(self._chance.sample(places, min(kills, len(places))))
        self._finished, self._more = 0, asyncio.Event()
        self.done = 0
        self.quiet = asyncio.Lock()

    def told(self, finished: int) -> None:
        """Take note of how many documents are done."""
        self._finished = finished
        self._more.set()

    async def work(self, strike: Callable[[random.Random], Awaitable[None]]) -> None:
        """Strike at every point."""
        for point in self._points:
            while self._finished < point:
                self._more.clear()
                await self._more.wait()
            async with self.quiet:
                await strike(self._chance)
            self.done += 1


async def strike_site(station: Station, chance: random.Random) -> None:
    """End the service, its database, or both; return when both run again."""
    await asyncio.sleep(chance.uniform(0, 0.5))
    victim = chance.choice(("service", "database", "both"))
    if victim != "database":
        await station.kill()
    if victim != "service":
        await station.end_mongod()
    if victim == "database":
        await _database_is_back(station)
    else:
        await station.start()


async def _database_is_back(station: Station) -> None:
    """Wait until the service has started it again."""
    async with asyncio.timeout(_BACK_SECONDS):
        while station.mongod is None:  # noqa: ASYNC110 - another process starts it
            await asyncio.sleep(0.1)


async def strike_primary(nodes: ThreeNodes, chance: random.Random) -> None:
    """End the primary; it comes back behind the one that took over."""
    await asyncio.sleep(chance.uniform(0, 0.5))
    number = await nodes.primary()
    await nodes.kill(number)
    await nodes.primary()
    nodes.revive(number)
