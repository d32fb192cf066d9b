"""What an answer (15 or 16) does: to a recall, an update, a replacement.

Invariants:
    - A successor answers for whom it succeeded: of several that are asked for the first
      by code, or for the one it names. To an update or a replacement it replies itself.
    - A recall of a document sent more than once has one answer: the status is the word
      on one sending, of each other the hub attests it. Each has its own reach.
"""

from exchange.domain.decisions import Refuse
from exchange.domain.recalls import decide_answer, decide_reply, is_request, reach_of
from exchange.domain.records import Delivery, DeliveryUpdate, Envelope, StoredReceipt
from exchange.domain.steps import is_readable
from exchange.services import Services
from exchange.usecases.recalling import request_key
from exchange.usecases.telling import Outcome, Told
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import (
    STATUS_STEPS,
    DeliveryState,
    EnvelopeKind,
    LinkKind,
    StatusCode,
)

ANSWERS = frozenset({StatusCode.AGREED, StatusCode.DECLINED})
_TARGETS = frozenset({LinkKind.RECALLS, LinkKind.UPDATES})


async def answer_of(services: Services, told: Told) -> Outcome | StoredReceipt | Refuse:
    """Decide on an answer; the receipt that is stored if it was given before."""
    code, envelope = told.status.status_code, told.named
    delivery = told.delivery
    if delivery is None:
        delivery = await _delivery(services, envelope.envelope_id, told.reporter)
    if delivery is None:
        return Refuse(ErrorCode.STATUS_ACTOR_WRONG, told.reporter)
    is_asked = envelope.status_of is not None or is_request(envelope)
    if not is_asked:
        delivery = await _asked_back(services, told, delivery)
    recall = delivery.recall
    if recall is not None and (recall.answer is None or not is_asked):
        request = await services.storage.envelopes.known_envelope(recall.request)
        if request is not None:
            return await _recall_answer(services, told, request)
    if not is_asked:
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, code)
    answered = await _recall_answer(services, told, envelope)
    is_reply = isinstance(answered, Refuse) and _may_reply(told)
    return await _reply(services, told, delivery) if is_reply else answered


def targets_of(
    request: Envelope, *, first: Envelope | None = None
) -> tuple[EnvelopeId, ...]:
    """Return what an answer to a request may be about, `first` before the others."""
    if request.status_of is not None:
        return (request.status_of,)
    found = (
        one.envelope_id
        for one in request.links
        if one.kind in _TARGETS and one.envelope_id is not None
    )
    preferred = first.envelope_id if first else None
    return tuple(sorted(found, key=lambda one: one != preferred))


async def _asked_back(services: Services, told: Told, own: Delivery) -> Delivery:
    """Return the first delivery of a document that waits for such an answer.

    If none does, the first that was asked back: the answer may be given already.
    """
    if _waits(told, own):
        return own
    store = services.storage.envelopes
    found = await store.deliveries(told.named.envelope_id, of=told.answers_for)
    asked = sorted(
        (one for one in found if one.recall is not None),
        key=lambda one: told.answers_for.index(one.recipient),
    )
    return next((one for one in asked if _waits(told, one)), next(iter(asked), own))


def _waits(told: Told, delivery: Delivery) -> bool:
    decision = decide_answer(delivery, told.status.status_code)
    return isinstance(decision, DeliveryUpdate)


def _may_reply(told: Told) -> bool:
    """Tell whether an answer may be about the envelope itself, by its recipient."""
    envelope = told.named
    is_own = told.reporter in told.answers_for
    is_document = envelope.kind is EnvelopeKind.DOCUMENT
    return is_own and is_document and not envelope.links_of(LinkKind.RECALLS)


async def _recall_answer(
    services: Services, told: Told, request: Envelope
) -> Outcome | StoredReceipt | Refuse:
    """Answer a request for the first of those it asks something of."""
    asked = told.answers_for
    if request.status_of is None and not request.links_of(LinkKind.RECALLS):
        # Its own word on an update is not that of an agency the update removes.
        asked = asked[:1]
    for one in asked:
        answered = await _part(services, told, request, one)
        if answered is not None:
            return answered
    return Refuse(ErrorCode.STATUS_NOT_ALLOWED, told.status.status_code)


async def _part(
    services: Services, told: Told, request: Envelope, recipient: OrganId
) -> Outcome | StoredReceipt | Refuse | None:
    """Answer for every document that is asked back from one; None: it is not asked."""
    code = told.status.status_code
    key = request_key(STATUS_STEPS[code], recipient, request.envelope_id)
    targets = targets_of(request, first=told.named)
    if stored := await _given(services, told, targets, key):
        return stored
    updates: list[tuple[Envelope, DeliveryUpdate]] = []
    refusal: Refuse | None = None
    for target in targets:
        delivery = await _delivery(services, target, recipient)
        if delivery is None or not _is_asked_by(delivery, request):
            continue
        decision = decide_answer(delivery, code)
        if isinstance(decision, Refuse):
            refusal = decision
        elif about := await services.storage.envelopes.known_envelope(target):
            updates.append((about, decision))
    if not updates:
        return refusal
    (about, update), *further = updates
    return Outcome(
        about=about,
        key=key,
        recipient=recipient,
        to=(request.sender,),
        updates=(update,),
        further=tuple(further),
        request=request,
        reach=reach_of(update.before),
    )


async def _given(
    services: Services, told: Told, targets: tuple[EnvelopeId, ...], key: str
) -> StoredReceipt | None:
    """Find the receipt of the envelope named, else the one that was given out."""
    for target in targets:
        stored = await _stored(services, target, key)
        is_named = target == told.named.envelope_id
        if stored is not None and (is_named or stored.status_envelope is not None):
            return stored
    return None


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


def _is_asked_by(delivery: Delivery, request: Envelope) -> bool:
    """Tell whether a request asks for an answer; what it took at once, it does not."""
    recall = delivery.recall
    if recall is None or recall.request != request.envelope_id:
        return False
    return recall.answer is not None or delivery.state is not DeliveryState.RECALLED


async def _delivery(
    services: Services, envelope_id: EnvelopeId, recipient: OrganId
) -> Delivery | None:
    return await services.storage.envelopes.delivery(envelope_id, recipient)


async def _stored(
    services: Services, envelope_id: EnvelopeId, key: str
) -> StoredReceipt | None:
    return await services.storage.envelopes.receipt(envelope_id, key)
