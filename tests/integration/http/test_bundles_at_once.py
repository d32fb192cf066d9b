"""Evidence bundles asked for at the same time: few in memory, none in intake's way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from exchange.http import evidence
from exchange.services import Services
from exchange.settings.limits import LimitSettings
from exchange.usecases.collect_evidence import Evidence
from tests.support.hub import Answer, Hub, running_hub
from tests.support.world import make_world

PLACES = 2


@dataclass(slots=True)
class SlowPacking:
    """Packs nothing, and that only when told to."""

    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    all_taken: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most: int = 0

    async def build(self, _services: Services, _evidence: Evidence) -> bytes:
        """Stand in for `build_bundle`."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == PLACES:
            self.all_taken.set()
        await self.goes_on.wait()
        self.under_way -= 1
        return b"bundle"

    async def wait(self) -> None:
        """Return when as many are packed at the same time as there are places."""
        async with asyncio.timeout(10):
            await self.all_taken.wait()


@pytest.fixture
def packing(monkeypatch: pytest.MonkeyPatch) -> SlowPacking:
    slow = SlowPacking()
    monkeypatch.setattr(evidence, "build_bundle", slow.build)
    return slow


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    world = await make_world(limits=LimitSettings(concurrent_intakes=PLACES))
    async with running_hub(world, tmp_path) as running:
        yield running


def asked(hub: Hub, location: str, times: int) -> list[asyncio.Task[Answer]]:
    """Ask for the bundle of a letter so many times at once."""
    call = hub.call
    return [
        asyncio.create_task(call("GET", f"{location}/evidence", by=hub.world.commune))
        for _ in range(times)
    ]


async def sent(hub: Hub) -> Answer:
    return await hub.post(hub.world.document(), by=hub.world.commune)


async def test_few_bundles_are_made_at_once_and_the_others_wait_in_line(
    hub: Hub, packing: SlowPacking
) -> None:
    location = (await sent(hub)).headers["Location"]
    asking = asked(hub, location, 3 * PLACES)
    await packing.wait()
    packing.goes_on.set()
    answers = await asyncio.gather(*asking)

    assert [one.status for one in answers] == [200] * len(asking)
    assert packing.most == PLACES


async def test_bundles_take_no_place_of_intake(hub: Hub, packing: SlowPacking) -> None:
    location = (await sent(hub)).headers["Location"]
    asking = asked(hub, location, PLACES)
    await packing.wait()
    answer = await sent(hub)
    packing.goes_on.set()
    await asyncio.gather(*asking)

    assert answer.status == 201


async def test_who_stands_in_line_too_long_is_asked_to_come_back(
    hub: Hub, packing: SlowPacking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "_LINE_SECONDS", 0.1)
    location = (await sent(hub)).headers["Location"]
    asking = asked(hub, location, PLACES)
    await packing.wait()
    [late] = asked(hub, location, 1)
    refused = await late
    packing.goes_on.set()
    answers = await asyncio.gather(*asking)
    [again] = asked(hub, location, 1)

    assert (refused.status, refused.code) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert [one.status for one in (*answers, await again)] == [200] * (PLACES + 1)
