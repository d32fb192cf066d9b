"""Names of endpoints that nobody resolves: what waits for them, and what does not."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from exchange.domain.notices import Attempt, NoticeChannel, Outcome
from exchange.domain.webhooks import TargetPolicy
from exchange.http import webhook_carrier
from exchange.http.webhook_carrier import WebhookCarrier
from exchange.usecases.webhooks import WebhookWish, register_webhook, try_webhook
from tests.support.world import PROVINCE, World, make_world

SECONDS = 5


@dataclass(slots=True)
class SilentNames:
    """A resolver that keeps every thread that asks it, until it gives up."""

    loop: asyncio.AbstractEventLoop
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    gives_up: threading.Event = field(default_factory=threading.Event)

    def find(self, host: str, *_: object, **__: object) -> list[object]:
        """Stand in for `socket.getaddrinfo`."""
        self.asked.append(threading.current_thread().name)
        self.loop.call_soon_threadsafe(self.is_asked.set)
        self.gives_up.wait(4 * SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, host)


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SilentNames]:
    silent = SilentNames(asyncio.get_running_loop())
    monkeypatch.setattr(socket, "getaddrinfo", silent.find)
    yield silent
    silent.gives_up.set()


@pytest.fixture
async def world() -> World:
    """A world with webhooks, in a process with one thread for everybody."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    made = await make_world()
    carriers = {NoticeChannel.WEBHOOK: WebhookCarrier(TargetPolicy())}
    return replace(made, services=replace(made.services, carriers=carriers))


async def told(world: World) -> Attempt:
    """Try once to tell an endpoint whose name nobody resolves."""
    services, caller = world.services, await world.caller("qlvb-h99")
    wish = WebhookWish(url="https://dead.example/hook")
    webhook = await register_webhook(services, caller, PROVINCE, wish)
    notice = await try_webhook(services, webhook)
    return await services.carriers[NoticeChannel.WEBHOOK].carry(
        services, notice, webhook
    )


async def test_name_that_does_not_resolve_keeps_no_thread_from_others(
    world: World, names: SilentNames
) -> None:
    trying = asyncio.create_task(told(world))
    try:
        async with asyncio.timeout(SECONDS):
            await names.is_asked.wait()
            assert await asyncio.to_thread(lambda: True)
    finally:
        names.gives_up.set()
        attempt = await trying

    assert (attempt.outcome, attempt.detail) == (Outcome.FAILED, "gaierror")


async def test_look_up_that_outlasts_its_attempt_keeps_the_next_from_nothing(
    world: World, names: SilentNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_carrier, "_SECONDS", 0.05)
    first = await told(world)
    second = await told(world)

    assert (first.detail, second.detail) == ("TimeoutError", "TimeoutError")
    assert len(names.asked) == 2
    assert all(one.startswith("webhook names") for one in names.asked)
