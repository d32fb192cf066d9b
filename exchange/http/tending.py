"""Handlers: what was sent and is not acknowledged, what is held, failed or stuck."""

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http import answers, wire
from exchange.http.json_body import json_object, text_member
from exchange.http.keys import SERVICES
from exchange.http.request import (
    agency_parameter,
    caller_of,
    envelope_id_of,
    number_parameter,
    required_agency,
)
from exchange.storage.ports import DeliveryQuery
from exchange.usecases.read_outbox import (
    UNACKNOWLEDGED,
    ReadOutbox,
    page_of,
    read_outbox,
)
from exchange.usecases.release_delivery import (
    TendDelivery,
    release_delivery,
    resend_delivery,
)
from schemas.errors import ErrorCode
from schemas.vocabulary import DeliveryState

_LONGEST_KEY = 26 + 1 + 35  # envelope id, slash, agency code
_DECISIONS = {"release": True, "quarantine": False}
_TRUTHS = {"true": True, "false": False}


async def outbox(request: web.Request) -> web.Response:
    """GET /v1/outbox."""
    text = request.query.get("unacknowledged", "false")
    if text not in _TRUTHS:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="unacknowledged")
    command = ReadOutbox(
        caller=caller_of(request),
        agency=required_agency(request),
        states=UNACKNOWLEDGED if _TRUTHS[text] else frozenset(DeliveryState),
        after=_after(request),
        limit=number_parameter(request, "limit", default=100),
    )
    page = await read_outbox(request.app[SERVICES], command)
    return answers.as_json(wire.delivery_page(page))


async def deliveries(request: web.Request) -> web.Response:
    """GET /v1/deliveries."""
    services, after = request.app[SERVICES], _after(request)
    limit = number_parameter(request, "limit", default=100)
    query = DeliveryQuery(
        states=(_state(request),),
        after=after,
        limit=max(1, min(limit, services.limits.inbox_page)),
    )
    found = await services.storage.deliveries.find(query)
    return answers.as_json(wire.delivery_page(page_of(found, after)))


async def release(request: web.Request) -> web.Response:
    """POST /v1/envelopes/{id}/release."""
    fields = await json_object(request, known=("decision", "reason"))
    decision = text_member(fields, "decision", default="release")
    if decision not in _DECISIONS:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="decision")
    command = TendDelivery(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=agency_parameter(request),
        reason=text_member(fields, "reason", default=""),
        lets_through=_DECISIONS[decision],
    )
    receipts = await release_delivery(request.app[SERVICES], command)
    return answers.as_json({"steps": [wire.step(one) for one in receipts]})


async def resend(request: web.Request) -> web.Response:
    """POST /v1/envelopes/{id}/resend."""
    fields = await json_object(request, known=("reason",))
    command = TendDelivery(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=agency_parameter(request),
        reason=text_member(fields, "reason", default=""),
    )
    receipts = await resend_delivery(request.app[SERVICES], command)
    return answers.as_json({"steps": [wire.step(one) for one in receipts]})


def _after(request: web.Request) -> str:
    after = request.query.get("after", "")
    if len(after) > _LONGEST_KEY or not after.isascii():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="after")
    return after


def _state(request: web.Request) -> DeliveryState:
    try:
        return DeliveryState(request.query.get("state", ""))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="state") from error
