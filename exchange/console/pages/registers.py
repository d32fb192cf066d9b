"""Registers of an agency and counts by month, on the page, printed and as CSV."""

import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from exchange.console.pages.mail import own_agency
from exchange.console.rendering import page, visitor_of
from exchange.domain.roles import AccessRole
from exchange.domain.working_days import local_day
from exchange.errors import ExchangeError
from exchange.http import registers
from exchange.http.keys import SERVICES
from exchange.usecases.directory import current_directory
from exchange.usecases.register_books import BOOKS, titles
from exchange.usecases.registers import Period, Register
from exchange.usecases.statistics import (
    StatisticsQuery,
    StatisticsRow,
    statistics,
    statistics_after,
)
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

SHOWN: Final = 100
"""Lines on the page; the file has all of them."""

_ROWS: Final = 50
_AFTER: Final = re.compile(r"(20[0-9]{2}-[01][0-9])/([A-Za-z0-9._-]{1,35})")


async def register(request: web.Request) -> web.StreamResponse:
    """Show a register of the visitor's agency."""
    kind = request.query.get("kind", "incoming")
    if kind not in BOOKS:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="kind")
    book = BOOKS[kind]
    services, period = request.app[SERVICES], _period(request)
    wanted = Register(
        agency=own_agency(request),
        period=period,
        directory=await current_directory(services),
        at_once=SHOWN + 1,
    )
    lines = await _first(book.read(services, wanted), SHOWN + 1)
    file = urlencode({"agency": wanted.agency, "from": period.first, "to": period.last})
    return page(
        request,
        "register.html",
        kind=kind,
        kinds=tuple(BOOKS),
        period=period,
        columns=book.columns,
        lines=lines[:SHOWN],
        is_cut=len(lines) > SHOWN,
        file=f"/registers/{kind}.csv?{file}",
        pdf=f"/registers/{kind}.pdf?{file}",
    )


async def counts(request: web.Request) -> web.StreamResponse:
    """Show counts by month: of the visitor's agency and those below it, or of all."""
    services, query = request.app[SERVICES], _counts_query(request)
    directory = await current_directory(services)
    if query.by_level:
        rows = await statistics(services, directory, query)
    else:
        after = _seen(request)
        rows = await statistics_after(
            services, directory, query, after=after, most=_ROWS + 1
        )
    shown = rows if query.by_level else rows[:_ROWS]
    return page(
        request,
        "statistics.html",
        rows=[one.fields() for one in shown],
        next=_address(request, shown[-1]) if len(shown) < len(rows) else "",
        first=query.first_month,
        last=query.last_month,
        by_level=query.by_level,
        file=f"/statistics.csv?{request.query_string}",
        pdf=f"/statistics.pdf?{request.query_string}",
    )


async def counts_file(request: web.Request) -> web.StreamResponse:
    """Answer with the same counts as a file: all columns as CSV, or printed."""
    services, query = request.app[SERVICES], _counts_query(request)
    directory, grant = await current_directory(services), visitor_of(request).grant
    rows = await statistics(services, directory, query)
    owner: tuple[str, ...] = ()
    if grant is not None and grant.agency is not None:
        owner = titles(directory, grant.agency, services.now())
    form = registers.form_of_file(request)
    return await registers.counts_file(request, rows, query, owner, form=form)


def _counts_query(request: web.Request) -> StatisticsQuery:
    today = local_day(request.app[SERVICES].now())
    grant = visitor_of(request).grant
    agency = grant.agency if grant is not None else None
    if agency is None and visitor_of(request).role not in {
        AccessRole.OPERATOR,
        AccessRole.AUDITOR,
    }:
        raise ExchangeError(ErrorCode.AGENCY_NOT_ACTED_FOR)
    return StatisticsQuery(
        first_month=request.query.get("from", f"{today.year}-01"),
        last_month=request.query.get("to", f"{today:%Y-%m}"),
        agency=agency,
        with_below=True,
        by_level=request.query.get("by_level") == "true",
    )


def _seen(request: web.Request) -> tuple[str, OrganId] | None:
    """Return the last row that was seen, as the address has it."""
    text = request.query.get("after", "")
    if not text:
        return None
    found = _AFTER.fullmatch(text)
    if found is None:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="after")
    return found.group(1), OrganId(found.group(2))


def _address(request: web.Request, last: StatisticsRow) -> str:
    """Return where the rows after one are."""
    query = {**request.query, "after": f"{last.month}/{last.agency}"}
    return f"{request.path}?{urlencode(query)}"


async def _first(
    lines: AsyncIterator[tuple[str, ...]], number: int
) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    async for line in lines:
        found.append(line)
        if len(found) == number:
            break
    return found


def _period(request: web.Request) -> Period:
    """Return the days asked for, the present month where none are."""
    today = local_day(request.app[SERVICES].now())
    first, last = _day(request, "from"), _day(request, "to")
    if first is None:
        first = (last or today).replace(day=1)
    return Period(first, last or max(first, today))


def _day(request: web.Request, name: str) -> date | None:
    text = request.query.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name) from error
