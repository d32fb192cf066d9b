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
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from exchange.http.connection import accepting, accepting_locally
from exchange.http.metrics import Metrics
from exchange.http.public_desk import PublicDesk
from exchange.http.public_listener import PublicServer, listening_publicly
from exchange.publication import PublishedFile
from pki.ocsp.responder import OcspAnswer

HOST = "127.0.0.1"
Connect = Callable[[], socket.socket]
Listening = Callable[[Path], AbstractAsyncContextManager[Connect]]


class NothingPublished:
    """A publication without files or answers."""

    @property
    def files(self) -> Mapping[str, PublishedFile]:
        return {}

    def answer(self, request: bytes) -> OcspAnswer:
        raise RuntimeError(request)


@asynccontextmanager
async def served() -> AsyncIterator[web.Server]:
    runner = web.AppRunner(web.Application(), shutdown_timeout=0.5)
    await runner.setup()
    try:
        assert runner.server is not None
        yield runner.server
    finally:
        await runner.cleanup()


def by_port(port: int) -> Connect:
    return partial(socket.create_connection, (HOST, port))


@asynccontextmanager
async def agencies(_folder: Path) -> AsyncIterator[Connect]:
    async with served() as server, accepting(server, (HOST, 0), None) as port:
        yield by_port(port)


@asynccontextmanager
async def proxies(folder: Path) -> AsyncIterator[Connect]:
    path = folder / "local.sock"

    def connect() -> socket.socket:
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(str(path))
        return peer

    async with served() as server, accepting_locally(server, path):
        yield connect


@asynccontextmanager
async def anybody(_folder: Path) -> AsyncIterator[Connect]:
    desk = PublicDesk(NothingPublished())
    server = PublicServer(desk, Metrics(), lambda: datetime.now(UTC))
    async with listening_publicly(server, host=HOST, port=0) as port:
        yield by_port(port)


@pytest.mark.parametrize("listening", [agencies, proxies, anybody])
@pytest.mark.parametrize("turns", range(5))
async def test_who_connects_while_it_closes_sees_the_end(
    tmp_path: Path, listening: Listening, turns: int
) -> None:
    failures: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))

    async with listening(tmp_path) as connect:
        peer = connect()
        for _ in range(turns):
            await asyncio.sleep(0)

    with closing(peer):
        peer.settimeout(5)
        with suppress(ConnectionResetError):  # who was not accepted yet
            assert await asyncio.to_thread(peer.recv, 1) == b""
    assert not failures
