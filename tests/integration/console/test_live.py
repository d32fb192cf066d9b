"""Streams that tell open pages of news."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from exchange.console.live import MOST_OF_ONE
from tests.support.console import Console, Visit, running_console
from tests.support.world import make_world, note

_PATIENCE = 30


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


@asynccontextmanager
async def stream(
    visit: Visit, path: str = "/live/inbox"
) -> AsyncIterator[aiohttp.ClientResponse]:
    async with visit.http.get(visit.base + path, allow_redirects=False) as answer:
        yield answer


async def event(answer: aiohttp.ClientResponse) -> str:
    """Return the name of the next event; empty at the end of the stream."""
    async with asyncio.timeout(_PATIENCE):
        async for line in answer.content:
            if line.startswith(b"event: "):
                return line.decode().split()[1]
    return ""


async def test_inbox_hears_of_what_arrives(console: Console) -> None:
    async with console.visit("tinh.van") as visit, stream(visit) as answer:
        assert answer.content_type == "text/event-stream"
        assert await event(answer) == "news"
        await console.world.sent(note(b"x"))
        assert await event(answer) == "news"


async def test_page_of_a_document_hears_of_its_steps(console: Console) -> None:
    accepted = await console.world.send(console.world.document())
    path = f"/live/documents/{accepted.envelope.envelope_id}"
    async with console.visit("thu.van") as visit, stream(visit, path) as answer:
        assert await event(answer) == "news"
        await console.world.deliver()
        assert await event(answer) == "news"


async def test_who_comes_back_is_told_only_what_changed(console: Console) -> None:
    async with console.visit("tinh.van") as visit:
        async with stream(visit) as answer:
            seen = (await answer.content.readline()).decode().split()[1]
        visit.http.headers["Last-Event-ID"] = seen
        async with stream(visit) as answer:
            await console.world.sent(note(b"x"))
            first = (await answer.content.readline()).decode().split()[1]
    assert first != seen


async def test_stream_ends_with_the_session(console: Console) -> None:
    async with console.visit("tinh.van") as visit:
        await visit.look("/inbox")
        async with stream(visit) as answer:
            assert await event(answer) == "news"
            await visit.send("/sign-out")
            await console.world.sent(note(b"x"))
            assert await event(answer) == "end"


async def test_stream_keeps_no_session_alive(console: Console) -> None:
    status = 0
    async with console.visit("tinh.van") as visit:
        for _ in range(3):
            console.world.clock.move(minutes=10)
            async with stream(visit) as answer:
                status = answer.status
    assert status == 303


async def test_streams_of_a_session_are_counted(console: Console) -> None:
    async with console.visit("tinh.van") as visit, AsyncExitStack() as opened:
        for _ in range(MOST_OF_ONE):
            answer = await opened.enter_async_context(stream(visit))
            assert answer.status == 200
        async with stream(visit) as answer:
            assert answer.status == 429


async def test_stream_that_was_left_gives_its_place_back(console: Console) -> None:
    async with console.visit("tinh.van") as visit, asyncio.timeout(_PATIENCE):
        for _ in range(3 * MOST_OF_ONE):
            status = 429
            while status == 429:
                async with stream(visit) as answer:
                    status = answer.status
                await asyncio.sleep(0.05)
            assert status == 200


async def test_streams_end_when_the_console_stops() -> None:
    async with AsyncExitStack() as kept:
        async with running_console(await make_world()) as console:
            visit = await kept.enter_async_context(console.visit("van.hanh"))
            answer = await kept.enter_async_context(stream(visit, "/live/operations"))
            assert await event(answer) == "news"
        # Cut off, it would raise.
        assert await event(answer) == ""


@pytest.mark.parametrize(
    ("account", "path"),
    [
        ("thu.van", "/live/operations"),
        ("van.hanh", "/live/inbox"),
        ("thu.van", "/live/documents/01K9ZZZZZZZZZZZZZZZZZZZZZZ"),
        ("ky.nguoi", "/live/signing/01K9ZZZZZZZZZZZZZZZZZZZZZZ"),
    ],
    ids=["operations", "inbox", "document", "task"],
)
async def test_nobody_follows_what_they_may_not_see(
    console: Console, account: str, path: str
) -> None:
    async with console.visit(account) as visit, stream(visit, path) as answer:
        assert answer.status in {403, 404}
