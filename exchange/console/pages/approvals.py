"""Requests for certificates: two persons look and decide, where the CA is."""

from functools import partial

from aiohttp import web

from exchange.certification.approvals import (
    approve,
    refuse,
    shown_request,
    waiting_requests,
)
from exchange.certification.office import CaThread
from exchange.console.forms import fields_of
from exchange.console.problem_page import Card, card_of
from exchange.console.rendering import page, see_other
from exchange.console.station import station_of
from exchange.domain.records import AuditLine
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.problems import status_of
from exchange.http.request import caller_of
from exchange.storage.ports import AuditQuery
from pki.errors import PkiError
from pki.registration.records import OperatorProof
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent

_PATH = "/approvals"
_LONGEST = 500
_LONGEST_ID = 100
_EVENTS = {
    "approve": AuditEvent.CERTIFICATE_APPROVED,
    "refuse": AuditEvent.CERTIFICATE_REFUSED,
}
_ACTS = {"approve": approve, "refuse": refuse}


async def approvals(request: web.Request) -> web.StreamResponse:
    """Show what waits; where the CA is elsewhere, say so."""
    ca = station_of(request).ca
    waiting = () if ca is None else await ca.run(waiting_requests)
    return page(request, "approvals.html", has_ca=ca is not None, waiting=waiting)


async def approval(request: web.Request) -> web.StreamResponse:
    """Show one request, its facts and what the CA would say."""
    return await _shown(request)


async def decided(request: web.Request) -> web.StreamResponse:
    """Approve or refuse as an operator of the desk, who shows that he is there."""
    action = request.match_info["action"]
    if action not in _ACTS:
        raise ExchangeError(ErrorCode.NOT_FOUND)
    fields = await fields_of(request)
    proof = OperatorProof(
        name=fields.text("operator"),
        passphrase=fields.exactly("passphrase").encode(),
        reason=fields.text("reason"),
        account=caller_of(request).system.system_id,
    )
    try:
        await _decide(request, action, proof)
    except (PkiError, ExchangeError) as error:
        await _write_down(request, _EVENTS[action], proof, code=error.code)
        return await _shown(request, status_of(error.code), card_of(error))
    await _write_down(request, _EVENTS[action], proof)
    return see_other(f"{_PATH}/{_id_of(request)}")


async def _decide(request: web.Request, action: str, proof: OperatorProof) -> None:
    if not 0 < len(proof.reason) <= _LONGEST:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    if action == "approve":
        await _require_another_account(request)
    work = partial(_ACTS[action], request_id=_id_of(request), proof=proof)
    await _ca(request).run(work)


async def _require_another_account(request: web.Request) -> None:
    """Let nobody approve twice, under whatever name at the desk.

    The desk sees to that itself; of approvals of earlier versions the trail alone says
    with which account.
    """
    query = AuditQuery(
        event=AuditEvent.CERTIFICATE_APPROVED,
        actor=caller_of(request).system.system_id,
        subject=_id_of(request),
        code="",
        limit=1,
    )
    found = await request.app[SERVICES].storage.audit.search(query)
    if found.lines:
        raise ExchangeError(ErrorCode.APPROVER_NOT_DISTINCT)


async def _write_down(
    request: web.Request, event: AuditEvent, proof: OperatorProof, *, code: str = ""
) -> None:
    services = request.app[SERVICES]
    line = AuditLine(
        at=services.now(),
        event=event,
        actor=caller_of(request).system.system_id,
        subject=_id_of(request),
        code=code,
        facts=(
            ("operator", proof.name[:_LONGEST]),
            ("reason", proof.reason[:_LONGEST]),
        ),
    )
    await services.storage.audit.append(line)


async def _shown(
    request: web.Request, status: int = 200, card: Card | None = None
) -> web.StreamResponse:
    found = await _ca(request).run(partial(shown_request, request_id=_id_of(request)))
    return page(request, "approval.html", status=status, found=found, card=card)


def _id_of(request: web.Request) -> str:
    return request.match_info["request"][:_LONGEST_ID]


def _ca(request: web.Request) -> CaThread:
    ca = station_of(request).ca
    if ca is None:
        raise ExchangeError(ErrorCode.NOT_FOUND)
    return ca
