"""What a status would do: processing, a recall, or the answer to a request."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.addressing import find_addressee
from exchange.domain.decisions import Refuse
from exchange.domain.recalls import (
    Named,
    RecallPlan,
    decide_answer,
    decide_recall,
    decide_reply,
    holders,
    is_request,
    reach_of,
)
from exchange.domain.records import (
    Delivery,
    DeliveryUpdate,
    Envelope,
    StatusChange,
    StoredReceipt,
)
from exchange.domain.statuses import StatusFacts, decide_status
from exchange.domain.steps import is_readable, receipt_key
from exchange.services import Services
from exchange.usecases.directory import current_directory
from exchange.usecases.recalling import request_key
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import (
    STATUS_STEPS,
    EnvelopeKind,
    LinkKind,
    Reach,
    StatusCode,
    Step,
)

_ANSWERS = frozenset({StatusCode.AGREED, StatusCode.DECLINED})
_TARGETS = frozenset({LinkKind.RECALLS, LinkKind.UPDATES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A status whose reporter is known and may speak, and the envelope it names.

    Args:
        delivery: of that envelope to the reporter, as it was a moment ago; None if
            that is to be looked at.
    """

    status: EdxmlStatus
    reporter: OrganId
    named: Envelope
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a status does.

    Args:
        about: the envelope its step receipt is about.
        key: of that receipt; None: it bears the id of the status itself.
        recipient: the delivery the receipt is about; None: all of them.
        to: who gets the status into the inbox.
        change: what becomes of the processing.
        updates: what becomes of deliveries.
        plan: whom a recall reaches.
        request: what is answered.
        reach: how far the recipient had come.
    """

    about: Envelope
    key: str | None
    recipient: OrganId | None
    to: tuple[OrganId, ...]
    change: StatusChange | None = None
    updates: tuple[DeliveryUpdate, ...] = ()
    plan: RecallPlan | None = None
    request: Envelope | None = None
    reach: Reach | None = None


async def outcome_of(
    services: Services, told: Told
) -> Outcome | StoredReceipt | Refuse:
    """Decide on a status; the receipt that is stored if it was told before."""
    if told.status.status_code is StatusCode.RECALL_REQUESTED:
        return await _recall(services, told)
    if told.status.status_code in _ANSWERS:
        return await _answer(services, told)
    return await _processing(services, told)


async def _processing(
    services: Services, told: Told
) -> Outcome | StoredReceipt | Refuse:
    document = told.named
    key = receipt_key(STATUS_STEPS[told.status.status_code], told.reporter)
    change = _first_told(told, told.delivery)
    if change is None:
        # Refused so far, so it may have been told before: its receipt answers it.
        if stored := await _stored(services, document.envelope_id, key):
            return stored
        delivery = await _delivery(services, document.envelope_id, told.reporter)
        decision = decide_status(_facts(told, delivery))
        if isinstance(decision, Refuse):
            return decision
        change = decision
    return Outcome(
        about=document,
        key=key,
        recipient=told.reporter,
        to=(document.sender,),
        change=change,
    )


def _first_told(told: Told, delivery: Delivery | None) -> StatusChange | None:
    """Return what a status changes that cannot have been told before.

    A status that follows from an earlier one was not; 01 may stand for the hub's word
    or for the recipient's own. Storage takes each once, whoever is faster.
    """
    if delivery is None or delivery.status is told.status.status_code:
        return None
    decision = decide_status(_facts(told, delivery))
    return decision if isinstance(decision, StatusChange) else None


def _facts(told: Told, delivery: Delivery | None) -> StatusFacts:
    return StatusFacts(
        code=told.status.status_code, reporter=told.reporter, delivery=delivery
    )


async def _recall(services: Services, told: Told) -> Outcome | StoredReceipt | Refuse:
    document = told.named
    if told.reporter != document.sender:
        return Refuse(ErrorCode.STATUS_ACTOR_WRONG, told.reporter)
    store = services.storage.envelopes
    deliveries = await store.deliveries(document.envelope_id)
    only = await _only_recipient(services, told, deliveries)
    named = None if only is None else {only}
    plan = decide_recall(document, deliveries, recipients=named)
    if isinstance(plan, Refuse):
        return await _open_request(services, told, deliveries, only) or plan
    reached = (*plan.at_once, *plan.asked)
    return Outcome(
        about=document,
        key=None,
        recipient=only,
        to=tuple(one.recipient for one in reached),
        plan=plan,
    )


async def _only_recipient(
    services: Services, told: Told, deliveries: Sequence[Delivery]
) -> OrganId | None:
    """Return the one recipient a recall names; None when it means all of them."""
    written = told.status.response_for.organ_id
    if written is None:
        return None
    directory = await current_directory(services)
    code = find_addressee(directory, written).code
    if code == told.named.sender:
        return None
    named = Named(code, directory.inherited(code, services.now()))
    held = holders(deliveries, (named,)).get(code, frozenset())
    # A receipt is about one delivery; of several the request must name which.
    return next(iter(held)) if len(held) == 1 else code


async def _open_request(
    services: Services,
    told: Told,
    deliveries: Sequence[Delivery],
    only: OrganId | None,
) -> StoredReceipt | None:
    """Find the receipt of the request that still waits, if it asks the same."""
    waiting = {
        one.recall.request
        for one in deliveries
        if one.recall and one.recall.answer is None
    }
    receipts = await services.storage.envelopes.receipts(told.named.envelope_id)
    for one in receipts:
        is_asked = one.step is Step.RECALL_REQUESTED and one.recipient == only
        if is_asked and one.status_envelope in waiting:
            return one
    return None


async def _answer(services: Services, told: Told) -> Outcome | StoredReceipt | Refuse:
    code, envelope = told.status.status_code, told.named
    delivery = told.delivery
    if delivery is None:
        delivery = await _delivery(services, envelope.envelope_id, told.reporter)
    if delivery is None:
        return Refuse(ErrorCode.STATUS_ACTOR_WRONG, told.reporter)
    recall = delivery.recall
    is_asked = envelope.status_of is not None or is_request(envelope)
    if recall is not None and (recall.answer is None or not is_asked):
        request = await services.storage.envelopes.known_envelope(recall.request)
        if request is not None:
            return await _recall_answer(services, told, request)
    if not is_asked:
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, code)
    answered = await _recall_answer(services, told, envelope)
    is_reply = isinstance(answered, Refuse) and envelope.kind is EnvelopeKind.DOCUMENT
    if not is_reply or envelope.links_of(LinkKind.RECALLS):
        return answered
    return await _reply(services, told, delivery)


async def _recall_answer(
    services: Services, told: Told, request: Envelope
) -> Outcome | StoredReceipt | Refuse:
    """Answer a request for every document it asks back from the reporter."""
    code = told.status.status_code
    key = request_key(STATUS_STEPS[code], told.reporter, request.envelope_id)
    updates: list[DeliveryUpdate] = []
    refusal = Refuse(ErrorCode.STATUS_NOT_ALLOWED, code)
    for target in _targets(request):
        if stored := await _stored(services, target, key):
            return stored
        delivery = await _delivery(services, target, told.reporter)
        if delivery is None or not _is_asked_by(delivery, request):
            continue
        decision = decide_answer(delivery, code)
        if isinstance(decision, Refuse):
            refusal = decision
        else:
            updates.append(decision)
    if not updates:
        return refusal
    first = updates[0].before
    about = await services.storage.envelopes.known_envelope(first.envelope_id)
    return Outcome(
        about=about or request,
        key=key,
        recipient=told.reporter,
        to=(request.sender,),
        updates=tuple(updates),
        request=request,
        reach=reach_of(first),
    )


async def _reply(
    services: Services, told: Told, delivery: Delivery
) -> Outcome | StoredReceipt | Refuse:
    """Answer an update or a replacement."""
    code, request = told.status.status_code, told.named
    key = request_key(STATUS_STEPS[code], told.reporter, request.envelope_id)
    if stored := await _stored(services, request.envelope_id, key):
        return stored
    if not is_readable(delivery):
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, code)
    decision = decide_reply(delivery, code)
    if isinstance(decision, Refuse):
        return decision
    return Outcome(
        about=request,
        key=key,
        recipient=told.reporter,
        to=(request.sender,),
        updates=(decision,),
        request=request,
    )


def _targets(request: Envelope) -> tuple[EnvelopeId, ...]:
    if request.status_of is not None:
        return (request.status_of,)
    return tuple(
        one.envelope_id
        for one in request.links
        if one.kind in _TARGETS and one.envelope_id is not None
    )


def _is_asked_by(delivery: Delivery, request: Envelope) -> bool:
    return (
        delivery.recall is not None and delivery.recall.request == request.envelope_id
    )


async def _delivery(
    services: Services, envelope_id: EnvelopeId, recipient: OrganId
) -> Delivery | None:
    return await services.storage.envelopes.delivery(envelope_id, recipient)


async def _stored(
    services: Services, envelope_id: EnvelopeId, key: str
) -> StoredReceipt | None:
    return await services.storage.envelopes.receipt(envelope_id, key)
