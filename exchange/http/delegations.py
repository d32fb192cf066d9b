"""Handlers: delegations."""

from aiohttp import web

from exchange.http import agency_wire, answers
from exchange.http.keys import SERVICES
from exchange.http.limits import small_body
from exchange.http.request import caller_of, required_agency
from exchange.usecases.delegations import (
    delegations_of,
    file_delegation,
    revoke_delegation,
)


async def every(request: web.Request) -> web.Response:
    """GET /v1/delegations."""
    found = await delegations_of(
        request.app[SERVICES], caller_of(request), required_agency(request)
    )
    items = [agency_wire.delegation(one) for one in found]
    return answers.as_json({"items": items})


async def file(request: web.Request) -> web.Response:
    """POST /v1/delegations."""
    services = request.app[SERVICES]
    content = await small_body(
        request,
        limit=services.limits.small_body_bytes,
        idle_seconds=services.limits.idle_seconds,
    )
    filed = await file_delegation(services, caller_of(request), content)
    return answers.as_json(agency_wire.delegation(filed), status=201)


async def revoke(request: web.Request) -> web.Response:
    """POST /v1/delegations/{digest}/revocation."""
    revoked = await revoke_delegation(
        request.app[SERVICES], caller_of(request), request.match_info["digest"]
    )
    return answers.as_json(agency_wire.delegation(revoked))
