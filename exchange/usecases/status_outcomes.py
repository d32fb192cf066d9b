"""What a status would do: processing, or a recall; answers: `answering`."""

from collections.abc import Sequence

from exchange.domain.addressing import find_addressee
from exchange.domain.decisions import Refuse
from exchange.domain.recalls import decide_recall, holders
from exchange.domain.records import Delivery, StatusChange, StoredReceipt
from exchange.domain.statuses import StatusFacts, decide_status
from exchange.domain.steps import receipt_key
from exchange.services import Services
from exchange.usecases.addressing import connected_ones
from exchange.usecases.answering import ANSWERS, answer_of
from exchange.usecases.directory import current_directory
from exchange.usecases.earlier_documents import named_by
from exchange.usecases.telling import Outcome, Told
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import STATUS_STEPS, StatusCode, Step


async def outcome_of(
    services: Services, told: Told
) -> Outcome | StoredReceipt | Refuse:
    """Decide on a status; the receipt that is stored if it was told before."""
    if told.status.status_code is StatusCode.RECALL_REQUESTED:
        return await _recall(services, told)
    if told.status.status_code in ANSWERS:
        return await answer_of(services, told)
    return await _processing(services, told)


async def _processing(
    services: Services, told: Told
) -> Outcome | StoredReceipt | Refuse:
    document = told.named
    key = receipt_key(STATUS_STEPS[told.status.status_code], told.reporter)
    change = _first_told(told, told.delivery)
    if change is None:
        # Refused so far, so it may have been told before: its receipt answers it.
        store = services.storage.envelopes
        if stored := await store.receipt(document.envelope_id, key):
            return stored
        delivery = await store.delivery(document.envelope_id, told.reporter)
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
    directory, now = await current_directory(services), services.now()
    found = find_addressee(directory, written, now)
    code = found.code
    if code == told.named.sender:
        return None
    (addressee,) = await connected_ones(
        services, directory, [found], sender=told.named.sender, at=now
    )
    named = named_by(directory, addressee, now)
    held = holders(deliveries, [named]).get(code, frozenset())
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
