"""Handlers: the directory of agencies."""

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http import answers, wire
from exchange.http.keys import SERVICES
from schemas.errors import ErrorCode
from schemas.identifiers import parse_organ_id


async def agencies(request: web.Request) -> web.Response:
    """GET /v1/agencies."""
    store = request.app[SERVICES].storage.directory
    # The version first: what changes meanwhile comes again with the next one.
    version = await store.version()
    return answers.as_json(wire.directory(await store.agencies(), version=version))


async def agency(request: web.Request) -> web.Response:
    """GET /v1/agencies/{code}."""
    code = parse_organ_id(request.match_info["code"])
    found = await request.app[SERVICES].storage.directory.agency(code)
    if found is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=code)
    return answers.as_json(wire.agency(found))
