"""Deliveries that need somebody: which, what was tried, and what an operator does."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from exchange.console.forms import fields_of
from exchange.console.pages.mail import names_of
from exchange.console.rendering import page, see_other, visitor_of
from exchange.console.timeline import mood_of
from exchange.domain.records import Delivery, StoredReceipt
from exchange.domain.roles import AccessRole
from exchange.domain.steps import RELEASE_EFFECTS, RESENT
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, envelope_id_of
from exchange.services import Caller, Services
from exchange.usecases.look_after_deliveries import (
    WATCHED,
    Wanted,
    Watchlist,
    attempts_of,
    deliveries_in,
)
from exchange.usecases.release_delivery import (
    TendDelivery,
    release_delivery,
    resend_delivery,
)
from schemas.errors import ErrorCode
from schemas.vocabulary import DeliveryState

_LISTS: Final[tuple[Wanted, ...]] = (*Watchlist, *WATCHED)
_LONGEST_KEY: Final = 26 + 1 + 35  # envelope id, slash, agency code
_LONGEST_REASON: Final = 500
_Act = Callable[[Services, TendDelivery], Awaitable[Sequence[StoredReceipt]]]


@dataclass(frozen=True, slots=True)
class Button:
    """Something an operator may do for a delivery now."""

    action: str
    words: str


def whole_hub(request: web.Request) -> Caller:
    """Return an operator, or an auditor of the whole hub.

    Raises:
        ExchangeError: an auditor of one agency (ROLE_NOT_ALLOWED).
    """
    caller = caller_of(request)
    if caller.role is AccessRole.AUDITOR and not caller.audits_all:
        raise ExchangeError(ErrorCode.ROLE_NOT_ALLOWED, place=caller.role)
    return caller


async def deliveries(request: web.Request) -> web.StreamResponse:
    """Show the deliveries of one state, or those that are late."""
    whole_hub(request)
    services, wanted = request.app[SERVICES], _wanted(request)
    after = request.query.get("after", "")
    if len(after) > _LONGEST_KEY or not after.isascii():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="after")
    found = await deliveries_in(
        services,
        wanted,
        after=after,
        stuck_seconds=services.limits.stuck_seconds,
    )
    parties = {one.delivery.recipient for one in found.items}
    parties |= {one.envelope.sender for one in found.items}
    first = f"{request.path}?{urlencode({'list': wanted})}"
    return page(
        request,
        "deliveries.html",
        wanted=wanted,
        lists=_LISTS,
        items=found.items,
        names=await names_of(request, parties),
        newer=first if after else "",
        older=f"{first}&{urlencode({'after': found.after})}" if found.after else "",
    )


async def delivery(request: web.Request) -> web.StreamResponse:
    """Show every step of one envelope and what an operator may do; not its content."""
    whole_hub(request)
    found = await attempts_of(request.app[SERVICES], envelope_id_of(request))
    may_act = visitor_of(request).role is AccessRole.OPERATOR
    parties = (found.envelope.sender, *(one.recipient for one in found.deliveries))
    return page(
        request,
        "delivery.html",
        envelope=found.envelope,
        deliveries=[
            (one, buttons_for(one) if may_act else ()) for one in found.deliveries
        ],
        steps=[(one, mood_of(one.receipt.step)) for one in found.steps],
        names=await names_of(request, parties),
        done=request.query.get("done") == "1",
    )


async def tended(request: web.Request) -> web.StreamResponse:
    """Do for one delivery what an operator asks for."""
    action = request.match_info["action"]
    if action not in _ACTIONS:
        raise ExchangeError(ErrorCode.NOT_FOUND)
    fields = await fields_of(request)
    reason = fields.text("reason")
    if not reason or len(reason) > _LONGEST_REASON:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    command = TendDelivery(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        agency=fields.text("agency") or None,
        reason=reason,
    )
    await _ACTIONS[action](request.app[SERVICES], command)
    return see_other(f"/deliveries/{command.envelope_id}?done=1")


def buttons_for(one: Delivery) -> tuple[Button, ...]:
    """Return what an operator may do for a delivery in its state."""
    if one.state in RELEASE_EFFECTS[True].before:
        return (
            Button("release", "operations.release"),
            Button("quarantine", "operations.quarantine"),
        )
    if one.state in RESENT.before:
        return (Button("resend", "operations.resend"),)
    return ()


async def _quarantine(
    services: Services, command: TendDelivery
) -> Sequence[StoredReceipt]:
    return await release_delivery(services, replace(command, lets_through=False))


_ACTIONS: Final[dict[str, _Act]] = {
    "release": release_delivery,
    "quarantine": _quarantine,
    "resend": resend_delivery,
}


def _wanted(request: web.Request) -> Wanted:
    name = request.query.get("list", DeliveryState.DEAD_LETTER)
    for one in _LISTS:
        if one == name:
            return one
    raise ExchangeError(ErrorCode.REQUEST_INVALID, place="list")
