"""Handlers: registers, register numbers, statistics, what is overdue."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

from aiohttp import web

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
from exchange.http.wishes import first_wished
from exchange.usecases.directory import current_directory
from exchange.usecases.read_overdue import OverdueQuery, read_overdue
from exchange.usecases.register_books import (
    BOOKS,
    Book,
    as_csv,
    as_pdf,
    book_form,
    titles,
)
from exchange.usecases.registers import Period, Register, TellNumber, tell_number
from exchange.usecases.statistics import (
    StatisticsQuery,
    StatisticsRow,
    statistics,
)
from exchange.usecases.statistics_files import (
    NAME,
    StatisticsCover,
    counts_as_csv,
    counts_as_pdf,
)
from exchange.usecases.viewing import agencies_of
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import Level

CSV = "text/csv"
PDF = "application/pdf"
_LONGEST_KEY = 26 + 1 + 35  # envelope id, slash, agency code
_MOST_NUMBER_DIGITS = 10


async def incoming_register(request: web.Request) -> web.StreamResponse:
    """GET /v1/registers/incoming."""
    return await _book(request, BOOKS["incoming"])


async def outgoing_register(request: web.Request) -> web.StreamResponse:
    """GET /v1/registers/outgoing."""
    return await _book(request, BOOKS["outgoing"])


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
    agency, directory = await _agency(request), await current_directory(services)
    query = OverdueQuery(
        agency=agency,
        inherited=directory.inherited(agency, services.now()),
        after=after,
        limit=max(1, min(limit, services.limits.inbox_page)),
    )
    page = await read_overdue(services, services.deadlines, query)
    return answers.as_json(page.fields())


async def counts(request: web.Request) -> web.StreamResponse:
    """GET /v1/statistics."""
    services, agency = request.app[SERVICES], await _agency(request)
    directory = await current_directory(services)
    query = StatisticsQuery(
        first_month=request.query.get("from", ""),
        last_month=request.query.get("to", ""),
        agency=agency,
        with_below=_flag(request, "below"),
        level=_level(request),
        by_level=_flag(request, "by_level"),
    )
    rows = await statistics(services, directory, query)
    form = first_wished(request.headers.get("Accept", ""), (answers.JSON, CSV, PDF))
    if form is None or form == answers.JSON:
        return answers.as_json({"rows": [one.fields() for one in rows]})
    owner = titles(directory, agency, services.now())
    return await counts_file(request, rows, query, owner, form=form)


async def counts_file(
    request: web.Request,
    rows: Sequence[StatisticsRow],
    query: StatisticsQuery,
    owner: tuple[str, ...],
    *,
    form: str,
) -> web.StreamResponse:
    """Answer with counts as a file.

    Args:
        request: what is answered.
        rows: the counts.
        query: what was asked.
        owner: who asked, in words.
        form: media type of the file.
    """
    services = request.app[SERVICES]
    cover = StatisticsCover(owner=owner, hub_id=services.hub.hub_id, at=services.now())
    chunks = counts_as_pdf(rows, query, cover) if form == PDF else counts_as_csv(rows)
    return await _file(request, NAME, form, chunks)


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


async def _book(request: web.Request, book: Book) -> web.StreamResponse:
    services, register = request.app[SERVICES], await _register(request)
    lines = book.read(services, register)
    form = form_of_file(request)
    if form == CSV:
        return await _file(request, book.name, form, as_csv(book, lines))
    at = services.now()
    printed = book_form(book, register, hub_id=services.hub.hub_id, at=at)
    return await _file(request, book.name, form, as_pdf(printed, lines))


def form_of_file(request: web.Request) -> str:
    """Return which file is asked for: by the end of the path, or by Accept."""
    if request.path.endswith(".pdf"):
        return PDF
    return first_wished(request.headers.get("Accept", ""), (CSV, PDF)) or CSV


async def _file(
    request: web.Request, name: str, form: str, chunks: AsyncIterator[bytes]
) -> web.StreamResponse:
    ending = "pdf" if form == PDF else "csv"
    headers = {
        "Content-Type": form if form == PDF else f"{form}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}.{ending}"',
        "Vary": "Accept",
    }
    return await answers.stream(request, chunks, headers=headers)


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
