"""Handler: asking a document back, as a signed status 13 or in words."""

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http import answers
from exchange.http.envelopes import submission_of
from exchange.http.json_body import object_in
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import small_body
from exchange.http.request import caller_of, envelope_id_of, media_type_of
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from exchange.usecases.request_recall import RequestRecall, request_recall
from schemas.errors import ErrorCode
from schemas.identifiers import parse_organ_id
from schemas.vocabulary import StatusCode

_REASON_LENGTH = 1000


async def recall(request: web.Request) -> web.Response:
    """POST /v1/envelopes/{id}/recall."""
    with request.app[GATE].passed():
        recorded = await _recorded(request)
    return answers.xml(recorded.content, status=200 if recorded.repeated else 201)


async def _recorded(request: web.Request) -> RecordedStatus:
    services = request.app[SERVICES]
    if media_type_of(request) == answers.JSON:
        return await request_recall(services, await _words(request))
    command = ReportStatus(
        submission=submission_of(request),
        envelope_id=envelope_id_of(request),
        only=StatusCode.RECALL_REQUESTED,
    )
    return await report_status(services, command)


async def _words(request: web.Request) -> RequestRecall:
    limits = request.app[SERVICES].limits
    content = await small_body(
        request, limit=limits.small_body_bytes, idle_seconds=limits.idle_seconds
    )
    fields = object_in(content, place="reason")
    reason, recipient = fields.get("reason"), fields.get("recipient")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= _REASON_LENGTH:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    if recipient is not None and not isinstance(recipient, str):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="recipient")
    return RequestRecall(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        reason=reason.strip(),
        recipient=parse_organ_id(recipient) if recipient else None,
        message_id=request.headers.get("Message-Id"),
    )
