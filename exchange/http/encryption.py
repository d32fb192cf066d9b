"""Handlers: certificates that others encrypt to an agency with."""

from aiohttp import web

from exchange.http import agency_wire, answers
from exchange.http.keys import SERVICES
from exchange.http.limits import small_body
from exchange.http.request import caller_of
from exchange.usecases.encryption import (
    publish_certificate,
    recipient_of,
    revoke_certificate,
)
from schemas.identifiers import parse_organ_id


async def find(request: web.Request) -> web.Response:
    """GET /v1/agencies/{code}/encryption-certificate."""
    code = parse_organ_id(request.match_info["code"])
    found = await recipient_of(request.app[SERVICES], code)
    return answers.as_json(agency_wire.recipient(found))


async def publish(request: web.Request) -> web.Response:
    """PUT /v1/agencies/{code}/encryption-certificate."""
    services = request.app[SERVICES]
    content = await small_body(
        request,
        limit=services.limits.small_body_bytes,
        idle_seconds=services.limits.idle_seconds,
    )
    code = request.match_info["code"]
    changed = await publish_certificate(services, caller_of(request), code, content)
    return answers.as_json(agency_wire.agency(changed))


async def revoke(request: web.Request) -> web.Response:
    """DELETE /v1/agencies/{code}/encryption-certificate."""
    changed = await revoke_certificate(
        request.app[SERVICES], caller_of(request), request.match_info["code"]
    )
    return answers.as_json(agency_wire.agency(changed))
