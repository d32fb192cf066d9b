"""Handlers: whether the service lives and can work, and its counters."""

from aiohttp import web

from exchange.http import answers
from exchange.http.keys import METRICS, READINESS
from exchange.http.metrics import CONTENT_TYPE


async def live(_request: web.Request) -> web.Response:
    """GET /health/live."""
    return answers.as_json({"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """GET /health/ready."""
    degraded = await request.app[READINESS].degraded()
    if degraded:
        return answers.as_json({"status": "degraded", "parts": list(degraded)})
    return answers.as_json({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """GET /metrics."""
    page = await request.app[METRICS].page_of_all()
    return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE})
