"""Who connects while a listener closes is told so, and nobody is left over."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    closing,
    suppress,
)
from datetime import UTC, datetime

import pytest
from aiohttp import web

from exchange.http.connection import accepting
from exchange.http.metrics import Metrics
from exchange.http.public_desk import PublicDesk
from exchange.http.public_listener import PublicServer, listening_publicly
from exchange.publication import PublishedFile
from pki.ocsp.responder import OcspAnswer

HOST = "127.0.0.1"
Listening = Callable[[], AbstractAsyncContextManager[int]]


class NothingPublished:
    """A publication without files or answers."""

    @property
    def files(self) -> Mapping[str, PublishedFile]:
        return {}

    def answer(self, request: bytes) -> OcspAnswer:
        raise RuntimeError(request)


@asynccontextmanager
async def agencies() -> AsyncIterator[int]:
    runner = web.AppRunner(web.Application(), shutdown_timeout=0.5)
    await runner.setup()
    try:
        assert runner.server is not None
        async with accepting(runner.server, (HOST, 0), None) as port:
            yield port
    finally:
        await runner.cleanup()


@asynccontextmanager
async def anybody() -> AsyncIterator[int]:
    desk = PublicDesk(NothingPublished())
    server = PublicServer(desk, Metrics(), lambda: datetime.now(UTC))
    async with listening_publicly(server, host=HOST, port=0) as port:
        yield port


@pytest.mark.parametrize("listening", [agencies, anybody])
@pytest.mark.parametrize("turns", range(5))
async def test_who_connects_while_it_closes_sees_the_end(
    listening: Listening, turns: int
) -> None:
    failures: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))

    async with listening() as port:
        peer = socket.create_connection((HOST, port))
        for _ in range(turns):
            await asyncio.sleep(0)

    with closing(peer):
        peer.settimeout(5)
        with suppress(ConnectionResetError):  # who was not accepted yet
            assert await asyncio.to_thread(peer.recv, 1) == b""
    assert not failures
