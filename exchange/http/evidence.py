"""Handlers: the log and evidence bundles."""

from aiohttp import web

from exchange.evidence.tree_head import signed_head
from exchange.http import answers
from exchange.http.keys import SERVICES


async def log_head(request: web.Request) -> web.Response:
    """GET /v1/log/head."""
    return answers.xml(await signed_head(request.app[SERVICES]))
