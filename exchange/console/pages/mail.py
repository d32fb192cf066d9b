"""Mail: what arrived, what was sent, and one document."""

from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Any

from aiohttp import web

from exchange.console.actions import actions_for
from exchange.console.mail_search import MailSearch, mail_search_of
from exchange.console.rendering import SEEN, is_part, page, visitor_of
from exchange.console.timeline import timeline_of
from exchange.console.timeline_picture import MOST_ROWS, timeline_picture
from exchange.domain.deadlines import LEGAL_BASIS
from exchange.domain.records import Delivery, InboxItem
from exchange.domain.roles import WITHOUT_PAYLOAD, AccessRole
from exchange.domain.steps import is_readable
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, envelope_id_of, number_parameter
from exchange.usecases.delivery_clocks import delivery_clocks
from exchange.usecases.directory import current_directory
from exchange.usecases.look_through_mail import (
    PAGE,
    ArrivedPage,
    SentPage,
    look_through_arrived,
    look_through_sent,
)
from exchange.usecases.search_mail import (
    EXAMINED,
    SearchMail,
    search_arrived,
    search_sent,
)
from exchange.usecases.trace_envelope import Trace, TraceEnvelope, trace_envelope
from exchange.usecases.viewing import agencies_of
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState, Urgency

MOST_SHOWN = 200
"""Recipients and steps of one document on its page; the newest steps."""

_NO_CURSOR = -1
_LONGEST_ID = 26


async def inbox(request: web.Request) -> web.StreamResponse:
    """Show what arrived, or what a search finds among it."""
    search = await mail_search_of(request)
    found = await _arrived(request, search)
    seen = list_digest(found.items)
    if is_part(request) and request.query.get(SEEN) == seen:
        return web.Response(status=204)
    names = await names_of(request, (one.envelope.sender for one in found.items))
    return page(
        request,
        "inbox_list.html" if is_part(request) else "inbox.html",
        seen=seen,
        items=found.items,
        names=names,
        **await _listed(request, search, len(found.items), found.older),
    )


async def _arrived(request: web.Request, search: MailSearch) -> ArrivedPage:
    before = number_parameter(request, "before", default=_NO_CURSOR)
    services, caller = request.app[SERVICES], caller_of(request)
    at = None if before == _NO_CURSOR else before
    if search.wanted.is_empty:
        agency = search.agency or own_agency(request)
        return await look_through_arrived(services, caller, agency, before=at)
    command = _search(request, search, "" if at is None else str(at))
    return await search_arrived(services, command)


def _search(request: web.Request, search: MailSearch, before: str) -> SearchMail:
    return SearchMail(
        caller=caller_of(request),
        agency=search.agency or own_agency(request),
        wanted=search.wanted,
        before=before,
    )


async def _listed(
    request: web.Request, search: MailSearch, shown: int, older: object
) -> dict[str, Any]:
    """Return what the pages of both lists say around their rows."""
    is_cut = older is not None and shown < PAGE
    return {
        "search": search,
        "closed": await _closed(request),
        "urgencies": [int(one) for one in Urgency if one],
        "delivery_states": tuple(DeliveryState),
        "newer": search.address(request.path) if "before" in request.query else "",
        "older": "" if older is None else search.address(request.path, older),
        "looked_at": EXAMINED if is_cut else 0,
    }


async def _closed(request: web.Request) -> dict[OrganId, str]:
    """Return the agencies whose mail one's own took over, with their names."""
    services = request.app[SERVICES]
    directory = await current_directory(services)
    codes = directory.inherited(own_agency(request), services.now())
    return await names_of(request, sorted(codes))


def list_digest(items: Iterable[InboxItem]) -> str:
    """Return what tells whether a list has changed since it was shown."""
    digest = sha256()
    for one in items:
        delivery = one.delivery
        row = (delivery.envelope_id, delivery.recipient, delivery.state)
        digest.update(repr((*row, delivery.status, delivery.recall)).encode())
    return digest.hexdigest()


async def outbox(request: web.Request) -> web.StreamResponse:
    """Show what was sent, or what a search finds among it."""
    search = await mail_search_of(request)
    found = await _sent(request, search)
    names = await names_of(
        request, (one.recipients[0] for one in found.items if one.recipients)
    )
    return page(
        request,
        "outbox.html",
        items=found.items,
        states=found.states,
        names=names,
        **await _listed(request, search, len(found.items), found.older),
    )


async def _sent(request: web.Request, search: MailSearch) -> SentPage:
    before = request.query.get("before", "")[:_LONGEST_ID]
    services, caller = request.app[SERVICES], caller_of(request)
    if search.wanted.is_empty:
        at = EnvelopeId(before) if before else None
        agency = search.agency or own_agency(request)
        return await look_through_sent(services, caller, agency, before=at)
    return await search_sent(services, _search(request, search, before))


async def document(request: web.Request) -> web.StreamResponse:
    """Show one document, where it is and what happened to it."""
    command = TraceEnvelope(
        caller=caller_of(request), envelope_id=envelope_id_of(request)
    )
    services = request.app[SERVICES]
    trace = await trace_envelope(services, command)
    own = await agencies_of(services, command.caller, None)
    grant = visitor_of(request).grant
    role, agency = (grant.role, grant.agency) if grant else (None, None)
    deliveries = sorted(trace.deliveries, key=_is_taken)
    parties = (
        trace.envelope.sender,
        *trace.envelope.recipients,
        *(one.recipient for one in trace.deliveries),
    )
    steps = timeline_of(trace)[-MOST_SHOWN:]
    rows = [one.recipient for one in deliveries[:MOST_ROWS]]
    clocks = await delivery_clocks(services, trace, rows)
    seen = deliveries_digest(trace.deliveries)
    if is_part(request) and request.query.get(SEEN) == seen:
        return web.Response(status=204)
    return page(
        request,
        "document_progress.html" if is_part(request) else "document.html",
        seen=seen,
        envelope=trace.envelope,
        deliveries=deliveries[:MOST_SHOWN],
        states=Counter(one.state for one in deliveries),
        most=MOST_SHOWN,
        actions=actions_for(
            trace.envelope, trace.deliveries, agency=agency, own=own, role=role
        ),
        readable=_is_readable(trace, own, role),
        once=services.ids.new(services.now()),
        done="done" in request.query,
        names=await names_of(request, parties),
        steps=steps,
        clocks=clocks,
        legal_basis=LEGAL_BASIS,
        picture=timeline_picture(steps, clocks, rows, services.now()),
    )


def deliveries_digest(deliveries: Iterable[Delivery]) -> str:
    """Return what tells whether deliveries have moved on."""
    rows = sorted(
        (one.recipient, one.state, one.status or "", str(one.recall), str(one.answer))
        for one in deliveries
    )
    return sha256(repr(rows).encode()).hexdigest()


def _is_taken(delivery: Delivery) -> bool:
    """Order deliveries by it: what still waits comes first."""
    return delivery.state is DeliveryState.ACKNOWLEDGED


def _is_readable(
    trace: Trace, own: Collection[OrganId], role: AccessRole | None
) -> bool:
    """Tell whether attachments would be handed out; asking decides it again."""
    envelope = trace.envelope
    is_party = envelope.sender in own or any(
        one.recipient in own and is_readable(one) for one in trace.deliveries
    )
    return is_party and role not in WITHOUT_PAYLOAD and envelope.purged_at is None


def own_agency(request: web.Request) -> OrganId:
    """Return the agency the visitor acts for.

    Raises:
        ExchangeError: the role is for the whole hub (AGENCY_NOT_ACTED_FOR).
    """
    grant = visitor_of(request).grant
    if grant is None or grant.agency is None:
        raise ExchangeError(ErrorCode.AGENCY_NOT_ACTED_FOR)
    return grant.agency


async def names_of(
    request: web.Request, codes: Iterable[OrganId]
) -> dict[OrganId, str]:
    """Return the names of agencies; the code of one the directory does not know."""
    services = request.app[SERVICES]
    directory, now = await current_directory(services), services.now()
    return {code: directory.name_of(code, now) or code for code in codes}
