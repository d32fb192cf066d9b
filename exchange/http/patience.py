"""Closes connections on which no request has come for too long.

aiohttp waits without end for the headers of a connection's first request; whoever
sends them a byte at a time would keep the connection for nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

_LOOKS_PER_WAIT = 4


class Heard:
    """The connections on which a whole request has come."""

    def __init__(self) -> None:
        self._connections: set[web.RequestHandler] = set()

    def add(self, request: web.Request) -> None:
        """Remember the connection of a request."""
        self._connections.add(request.protocol)

    def silent(self, open_now: list[web.RequestHandler]) -> set[web.RequestHandler]:
        """Return which of the connections open now have brought nothing yet."""
        now = set(open_now)
        self._connections &= now
        return now - self._connections


@asynccontextmanager
async def closing_silent(
    server: web.Server, heard: Heard, *, seconds: float
) -> AsyncIterator[None]:
    """Close connections that bring no request within `seconds`, while this is open."""
    watch = asyncio.create_task(_watch(server, heard, seconds))
    try:
        yield
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _watch(server: web.Server, heard: Heard, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    since: dict[web.RequestHandler, float] = {}
    while True:
        await asyncio.sleep(seconds / _LOOKS_PER_WAIT)
        now = clock()
        silent = heard.silent(server.connections)
        since = {one: since.get(one, now) for one in silent}
        for one, began in since.items():
            if now - began >= seconds and one.transport is not None:
                one.transport.abort()
