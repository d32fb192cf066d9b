"""The directory: its tree, a search without marks, one agency at a date."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from exchange.console.keys import FINDER
from exchange.console.rendering import page, visitor_of
from exchange.domain.access import is_open
from exchange.domain.directory import Directory, standing
from exchange.domain.directory_file import read_moment
from exchange.domain.parties import Agency
from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.usecases.directory import current_directory
from exchange.usecases.entitlement import entitlement
from schemas.errors import ErrorCode
from schemas.folding import folded
from schemas.identifiers import OrganId, parse_organ_id

PAGE: Final = 50
_LONGEST_SEARCH: Final = 200


async def directory(request: web.Request) -> web.StreamResponse:
    """Show a level of the tree, or what a search finds."""
    services = request.app[SERVICES]
    known, now = await current_directory(services), services.now()
    words = folded(request.query.get("q", "")[:_LONGEST_SEARCH])
    above = _agency(known, request.query["below"]) if "below" in request.query else None
    found = (
        request.app[FINDER].names.found(known, words)
        if words
        else _below(known, above.code if above else None, now)
    )
    rest = _after(found, request.query.get("after", ""))
    shown = rest[:PAGE]
    fields = {"q": request.query.get("q", "")} if words else {}
    fields |= {"below": above.code} if above else {}
    return page(
        request,
        "directory.html",
        q=request.query.get("q", ""),
        above=standing(above, now) if above else None,
        path_to=_path_to(known, above, now),
        items=[_row(known, one, now) for one in shown],
        may_change=visitor_of(request).role is AccessRole.OPERATOR,
        newer=_address(fields) if "after" in request.query else "",
        older=_address({**fields, "after": shown[-1].code}) if len(rest) > PAGE else "",
    )


async def agency(request: web.Request) -> web.StreamResponse:
    """Show one agency as it was at a date, and everything that happened to it."""
    services = request.app[SERVICES]
    known = await current_directory(services)
    at = _moment(request.query.get("at", ""), services.now())
    wanted = _agency(known, request.match_info["code"])
    found = await entitlement(services, wanted.code, at)
    return page(
        request,
        "agency.html",
        found=found,
        row=wanted,
        names=known.names(services.now()),
        at_day=request.query.get("at", ""),
    )


def _agency(known: Directory, written: str) -> Agency:
    found = known.agency(parse_organ_id(written))
    if found is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=written[:40])
    return found


def _below(known: Directory, parent: OrganId | None, now: datetime) -> list[Agency]:
    candidates = (
        {one.code: one for one in known.by_code.values()}.values()
        if parent is None
        else known.children.get(parent, ())
    )
    found = (one for one in candidates if standing(one, now).parent == parent)
    return sorted(found, key=lambda one: one.code)


def _after(found: Sequence[Agency], code: str) -> list[Agency]:
    """Return what follows an agency in the order of a list."""
    if not code:
        return list(islice(found, PAGE + 1))
    places = [place for place, one in enumerate(found) if one.code == code]
    begin = places[0] + 1 if places else 0
    return list(found[begin : begin + PAGE + 1])


def _path_to(
    known: Directory, above: Agency | None, now: datetime
) -> tuple[Agency, ...]:
    if above is None:
        return ()
    path = (*reversed(known.above(above, now)), above)
    return tuple(standing(one, now) for one in path)


def _row(known: Directory, one: Agency, now: datetime) -> Mapping[str, Any]:
    parent = standing(one, now).parent
    over = known.name_of(parent, now) if parent else None
    return {
        "agency": standing(one, now),
        "is_open": is_open(one, now),
        "parent": over or "",
        "children": len(known.children.get(one.code, ())),
    }


def _address(fields: Mapping[str, str]) -> str:
    return f"/directory?{urlencode(fields)}" if fields else "/directory"


def _moment(text: str, now: datetime) -> datetime:
    if not text:
        return now
    try:
        return read_moment(text)
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="at") from error
