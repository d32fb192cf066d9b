"""Streams that tell pages of news: mail, one document, signing, the hub itself."""

import asyncio
from contextlib import suppress
from hashlib import sha256

from aiohttp import web

from exchange.console.keys import ACCOUNTS
from exchange.console.live import Following, Look, Wait, follow
from exchange.console.pages.deliveries import whole_hub
from exchange.console.pages.mail import deliveries_digest, list_digest, own_agency
from exchange.console.pages.signing import asker_of, progress_of
from exchange.console.rendering import visitor_of
from exchange.console.session import session_in
from exchange.domain.sessions import grant_of
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, envelope_id_of
from exchange.services import Services
from exchange.usecases.inbox_news import ticket
from exchange.usecases.look_after_deliveries import count_waiting
from exchange.usecases.look_through_mail import look_through_arrived
from exchange.usecases.signing_tasks import find_task, own_tasks
from exchange.usecases.viewing import agencies_of, find_envelope

_GATHERING_SECONDS = 1.0
_SIGNING_SECONDS = 2.0
_OPERATIONS_SECONDS = 10.0
_TASKS_FOLLOWED = 10


async def inbox_news(request: web.Request) -> web.StreamResponse:
    """Follow what arrives; what colleagues do with it is noticed a little later."""
    services, caller = request.app[SERVICES], caller_of(request)
    agency = own_agency(request)

    async def look() -> str:
        found = await look_through_arrived(services, caller, agency)
        return list_digest(found.items)

    async with ticket(services, await agencies_of(services, caller, agency)) as news:

        async def wait(seconds: float) -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await news.wait()
            news.clear()

        return await follow(request, _following(request, look, wait))


async def document_news(request: web.Request) -> web.StreamResponse:
    """Follow the deliveries of one document."""
    services, caller = request.app[SERVICES], caller_of(request)
    envelope_id = envelope_id_of(request)

    async def look() -> str:
        found = await find_envelope(services, caller, envelope_id)
        return deliveries_digest(found.deliveries)

    following = _following(request, look, _Growth(services).wait)
    return await follow(request, following)


async def signing_news(request: web.Request) -> web.StreamResponse:
    """Follow the newest of one's own tasks of signing."""
    services, asker = request.app[SERVICES], asker_of(request)

    async def look() -> str:
        tasks = (await own_tasks(services, asker))[:_TASKS_FOLLOWED]
        return _digest([(await progress_of(services, one)).state for one in tasks])

    return await follow(
        request, _following(request, look, asyncio.sleep, _SIGNING_SECONDS)
    )


async def task_news(request: web.Request) -> web.StreamResponse:
    """Follow one task of signing."""
    services, asker = request.app[SERVICES], asker_of(request)

    async def look() -> str:
        task = await find_task(services, asker, request.match_info["id"])
        return _digest([(await progress_of(services, task)).state])

    return await follow(
        request, _following(request, look, asyncio.sleep, _SIGNING_SECONDS)
    )


async def operations_news(request: web.Request) -> web.StreamResponse:
    """Follow what waits in the hub."""
    whole_hub(request)
    services = request.app[SERVICES]

    async def look() -> str:
        maintenance = await services.storage.controls.maintenance()
        size = await services.storage.log.size()
        return _digest([await count_waiting(services), maintenance, size])

    return await follow(
        request, _following(request, look, asyncio.sleep, _OPERATIONS_SECONDS)
    )


class _Growth:
    """Waits for the log to grow; what grows while one looks is not missed."""

    def __init__(self, services: Services) -> None:
        self._sequenced = services.signals.sequenced
        self._grown = self._sequenced.ticket()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._grown.wait()
                # What is sequenced almost together is looked for together.
                await asyncio.sleep(_GATHERING_SECONDS)
        self._grown = self._sequenced.ticket()


def _following(
    request: web.Request, look: Look, wait: Wait, seconds: float = 15.0
) -> Following:
    async def may_go_on() -> bool:
        try:
            found = await session_in(request)
        except ExchangeError:
            return False
        grant = grant_of(found.session, found.account, request.app[ACCOUNTS].now())
        return grant == visitor_of(request).grant

    return Following(look=look, wait=wait, may_go_on=may_go_on, seconds=seconds)


def _digest(rows: object) -> str:
    return sha256(repr(rows).encode()).hexdigest()
