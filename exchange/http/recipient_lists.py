"""Handlers: saved lists of recipients."""

from aiohttp import web

from exchange.http import agency_wire, answers
from exchange.http.json_body import json_object, texts_member
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, required_agency
from exchange.usecases.recipient_lists import (
    SaveList,
    find_list,
    lists_of,
    remove_list,
    save_list,
)


async def every(request: web.Request) -> web.Response:
    """GET /v1/lists."""
    found = await lists_of(
        request.app[SERVICES], caller_of(request), required_agency(request)
    )
    items = [agency_wire.recipient_list(one) for one in found]
    return answers.as_json({"items": items})


async def one(request: web.Request) -> web.Response:
    """GET /v1/lists/{name}."""
    found = await find_list(
        request.app[SERVICES],
        caller_of(request),
        required_agency(request),
        request.match_info["name"],
    )
    return answers.as_json(agency_wire.recipient_list(found))


async def save(request: web.Request) -> web.Response:
    """PUT /v1/lists/{name}."""
    fields = await json_object(request, known=("members",))
    command = SaveList(
        caller=caller_of(request),
        agency=required_agency(request),
        name=request.match_info["name"],
        members=texts_member(fields, "members"),
    )
    saved = await save_list(request.app[SERVICES], command)
    return answers.as_json(agency_wire.recipient_list(saved))


async def remove(request: web.Request) -> web.Response:
    """DELETE /v1/lists/{name}."""
    await remove_list(
        request.app[SERVICES],
        caller_of(request),
        required_agency(request),
        request.match_info["name"],
    )
    return web.Response(status=204)
