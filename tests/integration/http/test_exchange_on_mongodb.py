"""The same exchange with its storage in MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.storage.mongo.store import MongoStorage
from schemas.vocabulary import StatusCode
from tests.support.hub import Hub, running_hub
from tests.support.world import COMMUNE, PROVINCE, attachment, make_world

pytestmark = pytest.mark.integration

POLLERS = 20
MESSAGES = 40


@pytest.fixture
async def hub(tmp_path: Path, emptied_storage: MongoStorage) -> AsyncIterator[Hub]:
    async with running_hub(
        await make_world(storage=emptied_storage), tmp_path
    ) as running:
        yield running


async def poll(hub: Hub) -> list[str]:
    found: list[str] = []
    cursor = -1
    async with hub.session(hub.world.province) as session:
        while len(found) < MESSAGES:
            path = f"/v1/inbox?agency={PROVINCE}&after={cursor}&wait=20&limit=7"
            async with session.get(path) as answer:
                page = await answer.json()
            found += [one["id"] for one in page["items"]]
            cursor = page["next"]
    return found


async def test_twenty_pollers_miss_nothing_and_see_nothing_twice(hub: Hub) -> None:
    pollers = [asyncio.create_task(poll(hub)) for _ in range(POLLERS)]
    messages = [hub.world.document(subject=f"Số {one}") for one in range(MESSAGES)]
    posts = [hub.post(one, by=hub.world.commune) for one in messages]
    answers = await asyncio.gather(*posts)
    assert {one.status for one in answers} == {201}
    assert len({one.body for one in answers}) == MESSAGES
    seen = await asyncio.gather(*pollers)
    assert all(one == seen[0] for one in seen)
    assert len(seen[0]) == len(set(seen[0])) == MESSAGES


async def test_envelope_sent_at_once_is_stored_once(hub: Hub) -> None:
    message = hub.world.document()
    posts = (hub.post(message, by=hub.world.commune) for _ in range(8))
    answers = await asyncio.gather(*posts)
    assert len({one.body for one in answers}) == 1
    assert sorted(one.status for one in answers) == [200] * 7 + [201]


async def test_status_sent_at_once_is_recorded_once(hub: Hub) -> None:
    sent = await hub.post(hub.world.document(), by=hub.world.commune)
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    path = f"{sent.headers['Location']}/status"
    statuses = [
        hub.world.status(StatusCode.REGISTERED, description=str(one))
        for one in range(5)
    ]
    posts = (hub.post(one, by=hub.world.province, path=path) for one in statuses)
    answers = await asyncio.gather(*posts)
    assert len({one.body for one in answers}) == 1
    page = await hub.inbox(f"agency={COMMUNE}&wait=10", by=hub.world.commune)
    assert len(page["items"]) == 1


@pytest.mark.parametrize("what", ["", "/attachments/1"], ids=["envelope", "attachment"])
async def test_what_is_large_comes_back_in_ranges(hub: Hub, what: str) -> None:
    content = bytes(range(256)) * 12_000
    film = attachment(content, name="phim.bin", content_type="video/mp4")
    sent = await hub.post(hub.world.document(film), by=hub.world.commune)
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    path = f"{sent.headers['Location']}{what}"
    whole = await hub.call("GET", path, by=hub.world.province)
    assert whole.body == content if what else content in whole.body
    for first, last in ((0, 999), (1_000_000, 2_500_000), (3_071_999, 3_071_999)):
        part = await hub.call(
            "GET",
            path,
            by=hub.world.province,
            headers={"Range": f"bytes={first}-{last}"},
        )
        assert part.body == whole.body[first : last + 1]
