"""Handlers: registers, register numbers, statistics, what is overdue."""

from collections.abc import AsyncIterator
from datetime import date
from itertools import chain

from aiohttp import web

from exchange.domain.registers import INCOMING_COLUMNS, OUTGOING_COLUMNS
from exchange.domain.spreadsheet import BEGINNING, csv_line
from exchange.errors import ExchangeError
from exchange.http import answers
from exchange.http.json_body import json_object, text_member
from exchange.http.keys import SERVICES
from exchange.http.request import (
    caller_of,
    envelope_id_of,
    number_parameter,
    required_agency,
)
from exchange.usecases.directory import current_directory
from exchange.usecases.read_overdue import OverdueQuery, read_overdue
from exchange.usecases.registers import (
    Period,
    Register,
    TellNumber,
    incoming,
    outgoing,
    tell_number,
)
from exchange.usecases.statistics import (
    StatisticsQuery,
    agencies_below,
    statistics,
)
from exchange.usecases.viewing import agencies_of
from schemas.errors import ErrorCode, Text
from schemas.identifiers import OrganId
from schemas.vocabulary import Level

CSV = "text/csv"
_LONGEST_KEY = 26 + 1 + 35  # envelope id, slash, agency code
_MOST_NUMBER_DIGITS = 10


async def incoming_register(request: web.Request) -> web.StreamResponse:
    """GET /v1/registers/incoming."""
    register = await _register(request)
    lines = incoming(request.app[SERVICES], register)
    return await _csv(request, "so-van-ban-den", INCOMING_COLUMNS, lines)


async def outgoing_register(request: web.Request) -> web.StreamResponse:
    """GET /v1/registers/outgoing."""
    register = await _register(request)
    lines = outgoing(request.app[SERVICES], register)
    return await _csv(request, "so-van-ban-di", OUTGOING_COLUMNS, lines)


async def register_number(request: web.Request) -> web.Response:
    """POST /v1/envelopes/{id}/register-number."""
    fields = await json_object(request, known=("number",))
    number = text_member(fields, "number")
    if not number.isdecimal() or len(number) > _MOST_NUMBER_DIGITS:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="number")
    command = TellNumber(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=required_agency(request),
        number=int(number),
    )
    told = await tell_number(request.app[SERVICES], command)
    return answers.as_json({"number": told.number, "year": told.year})


async def overdue(request: web.Request) -> web.Response:
    """GET /v1/overdue."""
    services, after = request.app[SERVICES], request.query.get("after", "")
    if len(after) > _LONGEST_KEY or not after.isascii():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="after")
    limit = number_parameter(request, "limit", default=100)
    query = OverdueQuery(
        agency=await _agency(request),
        after=after,
        limit=max(1, min(limit, services.limits.inbox_page)),
    )
    page = await read_overdue(services, services.deadlines, query)
    return answers.as_json(page.fields())


async def counts(request: web.Request) -> web.Response:
    """GET /v1/statistics."""
    services, agency = request.app[SERVICES], await _agency(request)
    directory = await current_directory(services)
    is_below = _flag(request, "below")
    query = StatisticsQuery(
        first_month=request.query.get("from", ""),
        last_month=request.query.get("to", ""),
        agencies=agencies_below(directory, agency, services)
        if is_below
        else frozenset({agency}),
        level=_level(request),
        by_level=_flag(request, "by_level"),
    )
    rows = await statistics(services, directory, query)
    return answers.as_json({"rows": [one.fields() for one in rows]})


async def _register(request: web.Request) -> Register:
    services = request.app[SERVICES]
    return Register(
        agency=await _agency(request),
        period=Period(_day(request, "from"), _day(request, "to")),
        directory=await current_directory(services),
    )


async def _agency(request: web.Request) -> OrganId:
    services, written = request.app[SERVICES], required_agency(request)
    (agency,) = await agencies_of(services, caller_of(request), written)
    return agency


async def _csv(
    request: web.Request,
    name: str,
    columns: tuple[Text, ...],
    lines: AsyncIterator[tuple[str, ...]],
) -> web.StreamResponse:
    headers = {
        "Content-Type": f"{CSV}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
    }
    return await answers.stream(request, _chunks(columns, lines), headers=headers)


async def _chunks(
    columns: tuple[Text, ...], lines: AsyncIterator[tuple[str, ...]]
) -> AsyncIterator[bytes]:
    yield b"".join(chain((BEGINNING,), (csv_line(one.vi for one in columns),)))
    async for line in lines:
        yield csv_line(line)


def _day(request: web.Request, name: str) -> date:
    try:
        return date.fromisoformat(request.query.get(name, ""))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name) from error


def _flag(request: web.Request, name: str) -> bool:
    text = request.query.get(name, "false")
    if text not in {"true", "false"}:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return text == "true"


def _level(request: web.Request) -> Level | None:
    text = request.query.get("level")
    try:
        return Level(text) if text else None
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="level") from error
