"""Handlers: the log and evidence bundles."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.evidence.bundle import build_bundle
from exchange.evidence.tree_head import prove_growth, signed_head
from exchange.http import answers
from exchange.http.keys import SERVICES
from exchange.http.request import (
    agency_parameter,
    caller_of,
    envelope_id_of,
    number_parameter,
)
from exchange.places import Places
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence
from schemas.errors import ErrorCode

_LINE_SECONDS = 30.0
"""Longer than one takes to be made; who asked may have gone meanwhile."""


async def bundle(request: web.Request) -> web.Response:
    """GET /v1/envelopes/{id}/evidence."""
    services = request.app[SERVICES]
    envelope_id = envelope_id_of(request)
    command = CollectEvidence(
        caller=caller_of(request),
        envelope_id=envelope_id,
        agency=agency_parameter(request),
    )
    async with _held(services.bundle_places):
        evidence = await collect_evidence(services, command)
        content = await build_bundle(services, evidence)
    name = f'attachment; filename="{envelope_id}.zip"'
    return web.Response(
        body=content,
        content_type=answers.ZIP,
        headers={"Content-Disposition": name},
    )


@asynccontextmanager
async def _held(places: Places) -> AsyncIterator[None]:
    """Wait in line for a place, and hold it for the length of the block.

    Raises:
        ExchangeError: none became free in time (OVERLOADED).
    """
    async with AsyncExitStack() as held:
        try:
            async with asyncio.timeout(_LINE_SECONDS):
                await held.enter_async_context(places.held())
        except TimeoutError as error:
            raise ExchangeError(ErrorCode.OVERLOADED, place="evidence") from error
        yield


async def log_head(request: web.Request) -> web.Response:
    """GET /v1/log/head."""
    return answers.xml(await signed_head(request.app[SERVICES]))


async def log_consistency(request: web.Request) -> web.Response:
    """GET /v1/log/consistency."""
    first = number_parameter(request, "first", default=0)
    second = number_parameter(request, "second", default=0)
    path = await prove_growth(request.app[SERVICES], first, second)
    proof = [one.hex() for one in path]
    return answers.as_json({"first": first, "second": second, "path": proof})
