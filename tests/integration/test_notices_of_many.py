"""Services on one MongoDB: every notice once on the wire, whoever sends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from clients.notices import open_notice
from exchange.delivery.notifier import Notifier
from exchange.domain.notices import NoticeChannel, NoticeState
from exchange.domain.webhooks import TargetPolicy
from exchange.http.webhook_carrier import WebhookCarrier
from exchange.services import Services
from exchange.storage.mongo.store import open_mongo_storage
from exchange.storage.ports import NoticeQuery
from exchange.usecases.webhooks import WebhookWish, register_webhook
from tests.support.sinks import HOST, WebhookSink, webhook_sink
from tests.support.stored import deliver
from tests.support.world import PROVINCE, World, make_world

pytestmark = pytest.mark.integration

SERVICES = 4


@pytest.fixture
async def hook() -> AsyncIterator[WebhookSink]:
    async with webhook_sink() as sink:
        yield sink


def told(services: Services, hook: WebhookSink) -> Services:
    """A service whose notices go to a local sink."""
    policy = TargetPolicy(hosts=frozenset({f"{HOST}:{hook.port}"}))
    return replace(
        services,
        carriers={NoticeChannel.WEBHOOK: WebhookCarrier(policy)},
        webhook_policy=policy,
    )


async def arrivals(world: World, count: int) -> None:
    """Have so many envelopes become visible to the province."""
    storage = world.services.storage
    await asyncio.gather(*(deliver(storage, number) for number in range(1, count + 1)))
    await storage.log.sequence(limit=4 * count)


async def notify(services: list[Services], hook: WebhookSink, count: int) -> None:
    """Let every service take turns until all has been received, and some more."""
    notifiers = [
        Notifier(one, owner=f"service-{number}") for number, one in enumerate(services)
    ]
    async with asyncio.timeout(max(90, count)):
        while len(hook.ids) < count:
            await asyncio.gather(*(one.turn() for one in notifiers))
    for one in notifiers:
        await one.settle(30)
    await asyncio.gather(*(one.turn() for one in notifiers))
    await asyncio.gather(*(one.stop() for one in notifiers))


@pytest.mark.parametrize(
    "count",
    [
        200,
        pytest.param(1000, marks=[pytest.mark.prove, pytest.mark.timeout(1200)]),
    ],
    ids=["200", "1000"],
)
async def test_every_notice_is_on_the_wire_once_but_after_a_lost_answer(
    mongod_uri: str, mongo_database: str, hook: WebhookSink, count: int
) -> None:
    async with AsyncExitStack() as opened:
        storages = [
            await open_mongo_storage(mongod_uri, database=mongo_database)
            for _ in range(SERVICES)
        ]
        for one in storages:
            opened.push_async_callback(one.close)
        world = await make_world(storage=storages[0])
        first = told(world.services, hook)
        nodes = [replace(first, storage=one) for one in storages]
        caller = await world.caller("qlvb-h99")
        wish = WebhookWish(url=hook.url)
        await register_webhook(first, caller, PROVINCE, wish)
        await arrivals(world, count)
        hook.answers = [204] * 20 + [0]

        await notify(nodes, hook, count)
        before = dict(hook.ids)
        world.clock.move(minutes=1)
        again = Notifier(nodes[-1], owner="service-3")
        await again.deliver()
        await again.settle(30)

        query = NoticeQuery(state=NoticeState.SENT, limit=2 * count)
        sent = await storages[0].notices.find(query)
    assert set(before.values()) == {1}
    assert sorted(hook.ids.values()) == [1] * (count - 1) + [2]
    assert {one.notice_id for one in sent} == set(hook.ids)
    envelopes = {
        open_notice(
            one,
            certificates={first.hub.key_id: first.hub.receipt.certificate},
            now=world.clock.now,
        ).envelope_id
        for one in hook.received
    }
    assert len(envelopes) == count
