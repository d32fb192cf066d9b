"""Pages that follow what happens: a stream of hints that there is news (HTML, 9.2).

A hint carries nothing: the page then asks for its part again, as it does by itself
every minute where there is no stream. So a lost hint costs time and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from exchange.console.keys import LIVE
from exchange.console.rendering import visitor_of
from exchange.http import answers
from exchange.http.keys import SERVICES, STREAMS
from schemas.errors import CodedError

MOST_OF_ONE: Final = 4
"""Streams of one session at one process; a browser has six connections to a host."""

_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",  # a proxy in between would wait for more
}
_LOOK_FOR_PEER_SECONDS: Final = 0.5
_LAST_SEEN: Final = "Last-Event-ID"

Look = Callable[[], Awaitable[str]]
"""Tells what a page shows, as a digest."""

Wait = Callable[[float], Awaitable[None]]
"""Returns when there may be news, at the latest after so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What a stream follows.

    Args:
        look: what is there now.
        wait: for the next look.
        may_go_on: whether the session still has the role the stream began in.
        seconds: between two looks where nothing is heard.
    """

    look: Look
    wait: Wait
    may_go_on: Callable[[], Awaitable[bool]]
    seconds: float = 15.0


async def follow(request: web.Request, following: Following) -> web.StreamResponse:
    """Write a hint whenever something changed, until time is up or the session ends.

    Raises:
        ExchangeError: the session has as many streams as it may (TOO_MANY_REQUESTS).
    """
    with request.app[STREAMS].opened(visitor_of(request).form_token):
        # What is refused is refused before the stream begins.
        seen = await following.look()
        async with answers.begun(request, headers=_HEADERS) as response:
            with suppress(ConnectionError):
                if request.headers.get(_LAST_SEEN) != seen:
                    await response.write(_hint(seen))
                await _go_on(request, response, following, seen)
                await response.write_eof()
        return response


async def _go_on(
    request: web.Request,
    response: web.StreamResponse,
    following: Following,
    seen: str,
) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + request.app[SERVICES].limits.events_seconds
    closing = request.app[LIVE].closing
    while clock() < end:
        news = following.wait(following.seconds)
        await _first(request, closing.wait(), news)
        if closing.is_set() or _is_gone(request):
            return
        try:
            if not await following.may_go_on():
                await response.write(b"event: end\ndata:\n\n")
                return
            now = await following.look()
        except CodedError:
            # The page asks again, and is told then.
            return
        await response.write(b":\n\n" if now == seen else _hint(now))
        seen = now


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _hint(digest: str) -> bytes:
    return f"id: {digest}\nevent: news\ndata:\n\n".encode()


async def _first(request: web.Request, *waits: Awaitable[object]) -> None:
    """Return when the first of several is over, or the browser is gone.

    Nothing but looking tells a stream that waits that nobody reads it any more.
    """
    tasks = [asyncio.ensure_future(one) for one in waits]
    done: set[asyncio.Future[object]] = set()
    try:
        while not done and not _is_gone(request):
            done, _ = await asyncio.wait(
                tasks,
                timeout=_LOOK_FOR_PEER_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
    finally:
        for one in tasks:
            one.cancel()
