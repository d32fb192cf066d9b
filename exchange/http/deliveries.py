"""Handlers: the inbox, and what recipients say of what they got."""

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http import answers, wire
from exchange.http.envelopes import submission_of
from exchange.http.json_body import object_in, text_member
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import small_body
from exchange.http.request import (
    agency_parameter,
    caller_of,
    envelope_id_of,
    media_type_of,
    number_parameter,
    required_agency,
)
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    PlainStep,
    SignedStep,
    acknowledge_delivery,
)
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from exchange.usecases.report_status import ReportStatus, report_status
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.errors import ErrorCode
from schemas.vocabulary import TransportAcknowledgement

_DESCRIPTION_LENGTH = 1000


async def inbox(request: web.Request) -> web.Response:
    """GET /v1/inbox."""
    command = ReadInbox(
        caller=caller_of(request),
        agency=agency_parameter(request),
        after=number_parameter(request, "after", default=-1),
        wait_seconds=number_parameter(request, "wait", default=0),
        lease_seconds=max(0, number_parameter(request, "lease", default=0)),
        limit=number_parameter(request, "limit", default=100),
    )
    page = await read_inbox(request.app[SERVICES], command)
    return answers.as_json(wire.inbox_page(page))


async def acknowledge(request: web.Request) -> web.Response:
    """POST /v1/envelopes/{id}/receipts."""
    services = request.app[SERVICES]
    content = await small_body(
        request,
        limit=services.limits.small_body_bytes,
        idle_seconds=services.limits.idle_seconds,
    )
    command = AcknowledgeDelivery(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=required_agency(request),
        said=_said(media_type_of(request), content),
    )
    recorded = await acknowledge_delivery(services, command)
    status = 200 if recorded.repeated else 201
    return answers.xml(recorded.receipt.content, status=status)


async def status(request: web.Request) -> web.Response:
    """POST /v1/envelopes/{id}/status."""
    command = ReportStatus(
        submission=submission_of(request),
        envelope_id=envelope_id_of(request),
        agency=agency_parameter(request),
    )
    with request.app[GATE].passed():
        recorded = await report_status(request.app[SERVICES], command)
    return answers.xml(recorded.content, status=200 if recorded.repeated else 201)


async def trace(request: web.Request) -> web.Response:
    """GET /v1/envelopes/{id}/trace."""
    command = TraceEnvelope(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=agency_parameter(request),
    )
    found = await trace_envelope(request.app[SERVICES], command)
    return answers.as_json(wire.trace(found))


def _said(content_type: str, content: bytes) -> SignedStep | PlainStep:
    match content_type:
        case "application/xml" | "text/xml":
            return SignedStep(content)
        case "application/json":
            return _plain(content)
        case _:
            raise ExchangeError(
                ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type"
            )


def _plain(content: bytes) -> PlainStep:
    fields = object_in(content, place="state")
    description = fields.get("description", "")
    try:
        state = TransportAcknowledgement(text_member(fields, "state"))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="state") from error
    if not isinstance(description, str) or len(description) > _DESCRIPTION_LENGTH:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="description")
    return PlainStep(state, description)
