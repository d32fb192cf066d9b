"""Handlers: the directory of agencies, as it is, as it changed, as it was."""

from aiohttp import web

from exchange.domain.directory_file import read_moment
from exchange.errors import ExchangeError
from exchange.http import agency_wire, answers
from exchange.http.keys import SERVICES
from exchange.http.request import number_parameter
from exchange.services import Services
from exchange.usecases.entitlement import entitlement
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, parse_organ_id

_LONGEST_PAGE = 1000


async def agencies(request: web.Request) -> web.Response:
    """GET /v1/agencies, whole or what changed since a version."""
    services = request.app[SERVICES]
    # The version first: what changes meanwhile comes again with the next one.
    version = await services.storage.directory.version()
    tag = f'"{version}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    if "since" in request.query or "page" in request.query:
        fields = await _changes(request, services, version)
    else:
        every = await services.storage.directory.agencies()
        fields = agency_wire.directory(every, version=version)
    answer = answers.as_json(fields)
    answer.headers["ETag"] = tag
    return answer


async def agency(request: web.Request) -> web.Response:
    """GET /v1/agencies/{code}, as it is on record or who it was at a moment."""
    services = request.app[SERVICES]
    code = parse_organ_id(request.match_info["code"])
    if "at" in request.query:
        try:
            at = read_moment(request.query["at"])
        except ValueError as error:
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place="at") from error
        found = await entitlement(services, code, at)
        return answers.as_json(agency_wire.entitlement(found))
    one = await services.storage.directory.agency(code)
    if one is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=code)
    return answers.as_json(agency_wire.agency(one))


async def _changes(
    request: web.Request, services: Services, version: int
) -> agency_wire.Json:
    since, after = _place(request)
    if after is None and since > version:
        # Of before a restore from an older backup: nothing of it can be relied on.
        since = 0
    asked = number_parameter(request, "limit", default=_LONGEST_PAGE)
    limit = max(1, min(asked, _LONGEST_PAGE))
    page = await services.storage.agency_history.changes(
        since, after=after, limit=limit
    )
    return agency_wire.changes(page, version=version, limit=limit)


def _place(request: web.Request) -> tuple[int, OrganId | None]:
    """Return the version, and the code in it, after which the page begins."""
    text = request.query.get("page")
    if text is None:
        return number_parameter(request, "since", default=0), None
    version, _, code = text.partition(":")
    if not version.isdecimal() or len(version) > len("999999999999999"):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="page")
    return int(version), parse_organ_id(code)
