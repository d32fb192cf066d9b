"""Handlers: whether the service lives and can work, and its counters."""

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http import answers
from exchange.http.keys import METRICS, SERVICES
from exchange.http.metrics import CONTENT_TYPE
from schemas.errors import ErrorCode


async def live(_request: web.Request) -> web.Response:
    """GET /health/live."""
    return answers.as_json({"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """GET /health/ready."""
    if not await request.app[SERVICES].storage.ready():
        raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="database")
    return answers.as_json({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """GET /metrics."""
    return web.Response(
        body=request.app[METRICS].page(), headers={"Content-Type": CONTENT_TYPE}
    )
