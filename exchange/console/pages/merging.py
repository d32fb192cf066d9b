"""Merging agencies: choose, fill in, look at the effects, confirm."""

from typing import Any

from aiohttp import web

from exchange.console.forms import Fields, fields_of
from exchange.console.merge_form import merger_of
from exchange.console.problem_page import card_of
from exchange.console.rendering import page, see_other
from exchange.http.keys import SERVICES
from exchange.http.problems import status_of
from exchange.http.request import caller_of
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.directory import current_directory
from exchange.usecases.preview_change import MOST_COUNTED, preview_change
from schemas.errors import CodedError
from schemas.identifiers import OrganId


async def merge_form(request: web.Request) -> web.StreamResponse:
    """Ask what the chosen agencies become."""
    chosen = tuple(request.query.getall("from", ()))
    return await _form(request, Fields({"from": chosen}))


async def merge_previewed(request: web.Request) -> web.StreamResponse:
    """Show what a merger would come to; nothing is stored."""
    fields = await fields_of(request)
    try:
        command = _command(request, fields)
        found = await preview_change(request.app[SERVICES], command)
    except CodedError as error:
        return await _refused(request, fields, error)
    return await _form(
        request, fields, preview=found, most=MOST_COUNTED, effective=command.effective
    )


async def merged(request: web.Request) -> web.StreamResponse:
    """Carry a merger out."""
    fields = await fields_of(request)
    try:
        done = await change_agencies(request.app[SERVICES], _command(request, fields))
    except CodedError as error:
        return await _refused(request, fields, error)
    return see_other(f"/directory/{done.event.successor or done.event.results[0]}")


def _command(request: web.Request, fields: Fields) -> ChangeAgencies:
    operator = caller_of(request).system.system_id
    return merger_of(fields, operator=operator, now=request.app[SERVICES].now())


async def _refused(
    request: web.Request, fields: Fields, error: CodedError
) -> web.StreamResponse:
    return await _form(
        request, fields, status=status_of(error.code), card=card_of(error)
    )


async def _form(
    request: web.Request, fields: Fields, *, status: int = 200, **values: Any
) -> web.StreamResponse:
    services = request.app[SERVICES]
    names = (await current_directory(services)).names(services.now())
    codes = [part for one in fields.every("from") for part in one.split()]
    shown: dict[str, Any] = {"preview": None, "card": None, **values}
    return page(
        request,
        "merge.html",
        status=status,
        fields=fields,
        sources=[(code, names.get(OrganId(code), "")) for code in dict.fromkeys(codes)],
        names=names,
        **shown,
    )
