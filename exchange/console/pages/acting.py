"""What a clerk does with a document: take it, report, answer, ask it back."""

from aiohttp import web

from exchange.console.actions import arrived_at, first_to_take
from exchange.console.forms import Fields, fields_of
from exchange.console.pages.mail import own_agency
from exchange.console.rendering import onward
from exchange.domain.records import Delivery
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, envelope_id_of
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    PlainStep,
    acknowledge_delivery,
)
from exchange.usecases.registers import TellNumber, tell_number
from exchange.usecases.report_in_words import ReportInWords, report_in_words
from exchange.usecases.request_recall import RequestRecall, request_recall
from exchange.usecases.viewing import agencies_of
from schemas.errors import ErrorCode
from schemas.identifiers import parse_organ_id
from schemas.vocabulary import StatusCode, TransportAcknowledgement

_LONGEST_REASON = 500
_MOST_DIGITS = 12
_ANSWERS = frozenset({StatusCode.AGREED, StatusCode.DECLINED})
_REGISTER_NUMBER = "Số đến: {number}"


async def taken(request: web.Request) -> web.StreamResponse:
    """Acknowledge a document for the agency; the hub attests that it was taken."""
    arrived = await _arrived(request)
    waiting = first_to_take(arrived) or next(iter(arrived), None)
    command = AcknowledgeDelivery(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=waiting.recipient if waiting else own_agency(request),
        said=PlainStep(TransportAcknowledgement.DONE),
    )
    await acknowledge_delivery(request.app[SERVICES], command)
    return _done(request)


async def reported(request: web.Request) -> web.StreamResponse:
    """Report how far the agency is with a document (02 to 06)."""
    fields = await fields_of(request)
    code = _code(fields)
    if code in _ANSWERS or code is StatusCode.RECALL_REQUESTED:
        raise ExchangeError(ErrorCode.STATUS_NOT_ALLOWED, place=code)
    description = _description(fields, code)
    if code is StatusCode.REGISTERED and fields.text("number"):
        # First the number: one that another document has is no status either.
        await _registered(request, fields.text("number"))
    return await _report(request, fields, code, description)


async def answered(request: web.Request) -> web.StreamResponse:
    """Agree (15) or decline (16)."""
    fields = await fields_of(request)
    code = _code(fields)
    if code not in _ANSWERS:
        raise ExchangeError(ErrorCode.STATUS_NOT_ALLOWED, place=code)
    return await _report(request, fields, code, _reason(fields))


async def asked_back(request: web.Request) -> web.StreamResponse:
    """Ask a document back, from everybody or from one recipient."""
    fields = await fields_of(request)
    written = fields.text("recipient")
    reason = _reason(fields)
    if not reason:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    command = RequestRecall(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        reason=reason,
        recipient=parse_organ_id(written) if written else None,
        message_id=_message_id(fields),
    )
    await request_recall(request.app[SERVICES], command)
    return _done(request)


async def _arrived(request: web.Request) -> list[Delivery]:
    """Return what of the envelope reached the agency, or those it succeeded."""
    services = request.app[SERVICES]
    own = await agencies_of(services, caller_of(request), None)
    store, envelope_id = services.storage.envelopes, envelope_id_of(request)
    deliveries = await store.deliveries(envelope_id, of=own)
    return arrived_at(own_agency(request), own, deliveries)


async def _registered(request: web.Request, number: str) -> None:
    if not number.isascii() or not number.isdecimal():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="number")
    first = next(iter(await _arrived(request)), None)
    command = TellNumber(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=first.recipient if first else own_agency(request),
        number=int(number[:_MOST_DIGITS]),
    )
    await tell_number(request.app[SERVICES], command)


async def _report(
    request: web.Request, fields: Fields, code: StatusCode, description: str
) -> web.StreamResponse:
    command = ReportInWords(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=own_agency(request),
        code=code,
        description=description,
        message_id=_message_id(fields),
    )
    await report_in_words(request.app[SERVICES], command)
    return _done(request)


def _code(fields: Fields) -> StatusCode:
    try:
        return StatusCode(fields.text("code"))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="code") from error


def _description(fields: Fields, code: StatusCode) -> str:
    """Return what is said of a status; a registered document has its number."""
    number, reason = fields.text("number"), _reason(fields)
    if code is StatusCode.REFUSED and not reason:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    if code is not StatusCode.REGISTERED or not number:
        return reason
    registered = _REGISTER_NUMBER.format(number=number)
    return f"{registered}. {reason}" if reason else registered


def _reason(fields: Fields) -> str:
    reason = fields.line("reason")
    if len(reason) > _LONGEST_REASON:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    return reason


def _message_id(fields: Fields) -> str:
    """Return the id of what this form sends: pressed twice, it is sent once.

    Raises:
        ExchangeError: the form brought none (REQUEST_INVALID).
    """
    once = fields.text("once")
    if not once:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="once")
    return f"console-{once}"


def _done(request: web.Request) -> web.StreamResponse:
    return onward(request, f"/documents/{envelope_id_of(request)}?done=1")
