"""Handler: the inbox as a stream of events (HTML Standard, 9.2 server-sent events).

The id of an event is the cursor of its item, so whoever comes back with Last-Event-ID
misses nothing and sees nothing twice. Streams hold no state of their own: each look is
the same look into storage as a poll, by whichever process the connection is at.
"""

import asyncio
import json
from contextlib import suppress
from itertools import zip_longest

from aiohttp import web

from exchange.domain.records import InboxItem
from exchange.errors import ExchangeError
from exchange.http import answers, wire
from exchange.http.keys import AUTHENTICATOR, SERVICES, STREAMS
from exchange.http.request import agency_parameter, caller_of, number_parameter
from exchange.services import Caller, Services
from exchange.usecases.read_inbox import InboxPage, ReadInbox, read_inbox
from schemas.errors import CodedError, ErrorCode

EVENTS = "text/event-stream"
_HEARTBEAT_SECONDS = 15.0
_LAST_EVENT_ID = "Last-Event-ID"
_LONGEST_ID = 15
_HEADERS = {
    "Content-Type": f"{EVENTS}; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy in between would wait for more
}


async def inbox_events(request: web.Request) -> web.StreamResponse:
    """GET /v1/inbox/events."""
    services, caller = request.app[SERVICES], caller_of(request)
    with request.app[STREAMS].opened(caller.system.system_id):
        look = ReadInbox(
            caller=caller,
            agency=agency_parameter(request),
            after=_after(request),
            limit=services.limits.inbox_page,
        )
        # What is refused is refused before the stream begins.
        page = await read_inbox(services, look)
        async with answers.begun(request, headers=_HEADERS) as response:
            with suppress(ConnectionError, CodedError):
                await response.write(_placing(page, look.after))
                await _follow(request, response, page)
        return response


async def _follow(
    request: web.Request, response: web.StreamResponse, page: InboxPage
) -> None:
    """Write what comes until time is up, the service drains, or the peer is gone.

    A caller that is refused meanwhile is told when it comes back.
    """
    services, clock = request.app[SERVICES], asyncio.get_running_loop().time
    end = clock() + services.limits.events_seconds
    while True:
        await response.write(_written(page))
        left = end - clock()
        if left <= 0 or services.signals.draining:
            break
        caller = await request.app[AUTHENTICATOR].caller(request)
        wait = min(_HEARTBEAT_SECONDS, left)
        page = await _look(services, caller, request, page.cursor, wait)
    await response.write_eof()


async def _look(
    services: Services, caller: Caller, request: web.Request, after: int, wait: float
) -> InboxPage:
    command = ReadInbox(
        caller=caller,
        agency=agency_parameter(request),
        after=after,
        wait_seconds=wait,
        limit=services.limits.inbox_page,
    )
    return await read_inbox(services, command)


def _placing(page: InboxPage, asked: int) -> bytes:
    """Say where somebody goes on who comes back with an id of before a restore.

    The ids of items say so themselves, and must not be run ahead of.
    """
    if page.items or not 0 <= page.cursor < asked:
        return b""
    return f"id: {page.cursor}\n\n".encode()


def _written(page: InboxPage) -> bytes:
    """Write events, or a comment that keeps the connection known to be alive.

    Of several items of one cursor the last alone has it as its id: whoever comes back
    after another of them gets them all.
    """
    pairs = zip_longest(page.items, page.items[1:])
    events = [_event(item, following) for item, following in pairs]
    return "".join(events or [":\n\n"]).encode()


def _event(item: InboxItem, following: InboxItem | None) -> str:
    index = item.delivery.log_index
    is_last = following is None or following.delivery.log_index != index
    name = f"id: {index}\n" if is_last else ""
    data = json.dumps(wire.inbox_item(item), ensure_ascii=False)
    return f"{name}event: item\ndata: {data}\n\n"


def _after(request: web.Request) -> int:
    """Return where to go on: where the last stream ended, or as the query says."""
    last = request.headers.get(_LAST_EVENT_ID)
    if last is None:
        return number_parameter(request, "after", default=-1)
    if not last.isdecimal() or not last.isascii() or len(last) > _LONGEST_ID:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_LAST_EVENT_ID)
    return int(last)
