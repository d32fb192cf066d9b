"""Tending deliveries that do not move by themselves: failed, given up, held.

Who tends is the hub by its schedule, an operator, or the recipient itself; each time
there is a step receipt, a log entry and an audit line (design, invariants 8 and 10).
"""

from dataclasses import dataclass

from exchange.domain.records import Delivery, Envelope, StoredReceipt
from exchange.domain.redelivery import after_failure, offered_again
from exchange.domain.steps import OFFERED_AGAIN, RELEASE_EFFECTS, RESENT, StepEffect
from exchange.errors import ExchangeError
from exchange.services import HubOffice
from exchange.usecases.hub_steps import HubStep, hub_record
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import Finding
from schemas.vocabulary import AuditEvent, DeliveryState, Step

_EVENTS = {
    Step.OFFERED_AGAIN: AuditEvent.DELIVERY_OFFERED_AGAIN,
    Step.DEAD_LETTERED: AuditEvent.DELIVERY_DEAD_LETTERED,
    Step.RELEASED: AuditEvent.DELIVERY_RELEASED,
    Step.QUARANTINED: AuditEvent.ENVELOPE_QUARANTINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tending:
    """What somebody wants done for one envelope.

    Args:
        recipients: the deliveries meant; empty: all of them that it fits.
        actor: who wants it.
        reason: why, in that person's words.
        findings: what was found in the attachments.
    """

    envelope_id: EnvelopeId
    recipients: frozenset[OrganId]
    actor: str
    reason: str = ""
    findings: tuple[Finding, ...] = ()


async def settle_failed(office: HubOffice, delivery: Delivery) -> StoredReceipt:
    """Offer a failed delivery again, or give it up, as its schedule says.

    Raises:
        StateConflictError: it is not failed any more.
    """
    effect = after_failure(delivery.retry)
    envelope = await _envelope(office, delivery.envelope_id)
    return await _tend(office, envelope, delivery, effect)


async def resend(office: HubOffice, wanted: Tending) -> tuple[StoredReceipt, ...]:
    """Offer deliveries again by hand; their schedule begins anew.

    Raises:
        ExchangeError: there is no such envelope, or nothing to offer again
            (STEP_NOT_ALLOWED).
    """
    return await _tend_all(office, wanted, RESENT)


async def release(
    office: HubOffice, wanted: Tending, *, lets_through: bool = True
) -> tuple[StoredReceipt, ...]:
    """Let held deliveries through, or quarantine them.

    Raises:
        ExchangeError: there is no such envelope, or nothing held (STEP_NOT_ALLOWED).
    """
    return await _tend_all(office, wanted, RELEASE_EFFECTS[lets_through])


async def _tend_all(
    office: HubOffice, wanted: Tending, effect: StepEffect
) -> tuple[StoredReceipt, ...]:
    envelope = await _envelope(office, wanted.envelope_id)
    deliveries = await office.storage.envelopes.deliveries(wanted.envelope_id)
    fitting = [
        one
        for one in deliveries
        if one.state in effect.before
        and (not wanted.recipients or one.recipient in wanted.recipients)
    ]
    if not fitting:
        states = ", ".join(sorted({one.state for one in deliveries}))
        raise ExchangeError(ErrorCode.STEP_NOT_ALLOWED, place=states)
    return tuple(
        [await _tend(office, envelope, one, effect, wanted) for one in fitting]
    )


async def _envelope(office: HubOffice, envelope_id: EnvelopeId) -> Envelope:
    envelope = await office.storage.envelopes.envelope(envelope_id)
    if envelope is None:
        raise ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=envelope_id)
    return envelope


async def _tend(
    office: HubOffice,
    envelope: Envelope,
    delivery: Delivery,
    effect: StepEffect,
    wanted: Tending | None = None,
) -> StoredReceipt:
    before = await office.storage.envelopes.receipts_of(
        envelope.envelope_id, effect.step, delivery.recipient
    )
    is_offered = effect.after is DeliveryState.AVAILABLE
    step = HubStep(
        effect=effect,
        recipients=(delivery.recipient,),
        event=_EVENTS[effect.step],
        only=delivery.recipient,
        time=len(before) + 1,
        actor=wanted.actor if wanted else "",
        description=wanted.reason if wanted else "",
        findings=wanted.findings if wanted else (),
        retry=offered_again(delivery.retry, by_hand=effect is not OFFERED_AGAIN)
        if is_offered
        else None,
    )
    record = hub_record(office, envelope, step)
    return await office.storage.envelopes.record_step(record)
