"""Record what a recipient's system says of a delivery: taken, failed, in work.

A system that signs hands in its own step receipt, which is stored as it is; for a
peer that only has its channel the hub attests (docs/protocol.md).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from exchange.domain.records import (
    Delivery,
    DeliveryLease,
    Envelope,
    StepRecord,
    StoredReceipt,
)
from exchange.domain.steps import TRANSPORT_EFFECTS, receipt_key
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Caller, Services
from exchange.usecases.arriving import with_arrival
from exchange.usecases.attesting import hub_step, log_entry, pending, stored_step
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.failing import Failure, failure_of
from exchange.usecases.signer import verified_step
from exchange.usecases.viewing import find_own
from exchange.usecases.working import time_of_work
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import StepReceipt, read_receipt
from schemas.vocabulary import (
    TRANSPORT_STEPS,
    AuditEvent,
    DeliveryState,
    LogEntryType,
    Step,
    TransportAcknowledgement,
)
from schemas.xml import parse

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeDelivery:
    """An acknowledgement for one agency.

    Args:
        said: a step receipt signed by the system, or its word for the hub to attest.
    """

    caller: Caller
    envelope_id: EnvelopeId
    agency: str
    said: "SignedStep | PlainStep"


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A step receipt as the system signed it."""

    content: bytes


@dataclass(frozen=True, slots=True)
class PlainStep:
    """A word of the transport layer, unsigned."""

    state: TransportAcknowledgement
    description: str = ""


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step receipt as it is stored; `repeated` when it was stored before."""

    receipt: StoredReceipt
    repeated: bool


async def acknowledge_delivery(
    services: Services, command: AcknowledgeDelivery
) -> RecordedStep:
    """Record an acknowledgement; the same one again gives the stored receipt.

    Raises:
        CodedError: the receipt does not hold, is about something else, or the
            delivery is in a state that does not allow it.
    """
    async with refusals_audited(services, command.caller, subject=command.envelope_id):
        return await _record(services, command)


async def _record(services: Services, command: AcknowledgeDelivery) -> RecordedStep:
    envelope, delivery = await _delivery(services, command)
    recipient = delivery.recipient
    receipt, content = _attested(services, command, envelope, recipient)
    said = await _said(services, envelope, recipient, receipt.step, content)
    if isinstance(said, StoredReceipt):
        return RecordedStep(said, repeated=True)
    make = partial(_step, services, receipt, content, said)
    is_attested = receipt.step is Step.TAKEN and command.caller.system.attests_arrival
    attesting = envelope if is_attested else None
    recorded = await _stored(services, delivery, make, attesting=attesting)
    services.signals.recorded.ring()
    return recorded


async def _said(
    services: Services,
    envelope: Envelope,
    recipient: OrganId,
    step: Step,
    content: bytes,
) -> Failure | int | StoredReceipt:
    """Return which time a step is taken, or the receipt of the time it repeats."""
    match step:
        case Step.FAILED:
            return await failure_of(services, envelope, recipient, content=content)
        case Step.PROCESSING:
            return await time_of_work(services, envelope, recipient, content=content)
        case _:
            return 1


async def _stored(
    services: Services,
    delivery: Delivery,
    make: Callable[[], StepRecord],
    *,
    attesting: Envelope | None,
) -> RecordedStep:
    """Store a step; with the taking of a document, the hub's word that it arrived.

    A step gets its id after the state it starts from was looked at, and holds from that
    state alone: in the log it follows whatever brought the delivery there.
    """
    store = services.storage.envelopes
    for _ in range(_TRIES):
        step = make()
        if not step.recipients or delivery.state not in step.before:
            break
        step = replace(step, before=frozenset({delivery.state}))
        if attesting is not None and delivery.status is None:
            step = with_arrival(services, attesting, delivery.recipient, step)
        with suppress(StateConflictError):
            return _recorded(step, await store.record_step(step))
        found = await store.delivery(delivery.envelope_id, delivery.recipient)
        delivery = found or delivery
    step = make()
    # Said before, it would hinder all that is stored together with it.
    before = await store.receipt(delivery.envelope_id, step.receipt.key)
    return _recorded(step, before or await store.record_step(step))


def _recorded(step: StepRecord, stored: StoredReceipt) -> RecordedStep:
    return RecordedStep(stored, repeated=stored.entry_id != step.entry.entry_id)


async def _delivery(
    services: Services, command: AcknowledgeDelivery
) -> tuple[Envelope, Delivery]:
    found = await find_own(
        services, command.caller, command.envelope_id, agency=command.agency
    )
    (agency,) = found.agencies
    own = [one for one in found.deliveries if one.recipient == agency]
    if agency not in found.view.own or not own:
        raise ExchangeError(ErrorCode.NOT_A_RECIPIENT, place=agency)
    return found.envelope, own[0]


def _attested(
    services: Services,
    command: AcknowledgeDelivery,
    envelope: Envelope,
    recipient: OrganId,
) -> tuple[StepReceipt, bytes]:
    match command.said:
        case SignedStep(content):
            receipt = _read_signed(services, command.caller, content)
            _require_about(receipt, envelope, recipient)
            _require_done(services, receipt, envelope)
            return receipt, content
        case PlainStep() as plain:
            if not command.caller.system.may_channel:
                raise ExchangeError(ErrorCode.SIGNATURE_MISSING, place="StepReceipt")
            receipt = _of_channel(services, envelope, recipient, plain)
            return receipt, hub_step(services.hub, receipt)


def _read_signed(services: Services, caller: Caller, content: bytes) -> StepReceipt:
    now = services.now()
    signed, signer = verified_step(parse(content), trust=services.trust, at=now)
    if signer.certificate_sha256 not in caller.system.certificates:
        raise ExchangeError(ErrorCode.SIGNER_NOT_OF_SENDER, place="ds:Signature")
    if not services.intake_policy.signed_lately(signer.signing_time, now):
        raise ExchangeError(ErrorCode.SIGNING_TIME_OUT_OF_WINDOW, place="SigningTime")
    receipt = read_receipt(signed)
    if not isinstance(receipt, StepReceipt) or receipt.step not in TRANSPORT_EFFECTS:
        raise ExchangeError(ErrorCode.STEP_NOT_ALLOWED, place="Step")
    if receipt.issuer != caller.system.system_id:
        raise ExchangeError(ErrorCode.RECEIPT_MISMATCH, place="Issuer")
    return receipt


def _require_about(
    receipt: StepReceipt, envelope: Envelope, recipient: OrganId
) -> None:
    facts = (
        ("EnvelopeId", receipt.envelope_id == envelope.envelope_id),
        ("BodySha256", receipt.body_sha256 == envelope.body_sha256),
        ("Recipient", receipt.recipient == recipient),
        ("StatusCode", receipt.status_code is None),
    )
    for place, holds in facts:
        if not holds:
            raise ExchangeError(ErrorCode.RECEIPT_MISMATCH, place=place)


def _require_done(services: Services, receipt: StepReceipt, envelope: Envelope) -> None:
    policy, accepted = services.intake_policy, envelope.accepted_at
    if not policy.may_be_done(receipt.at, accepted=accepted, now=services.now()):
        raise ExchangeError(ErrorCode.SIGNING_TIME_OUT_OF_WINDOW, place="At")


def _of_channel(
    services: Services, envelope: Envelope, recipient: OrganId, plain: PlainStep
) -> StepReceipt:
    return StepReceipt(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        step=TRANSPORT_STEPS[plain.state],
        recipient=recipient,
        issuer=services.hub.hub_id,
        at=services.now(),
        description=plain.description,
    )


def _step(
    services: Services, receipt: StepReceipt, content: bytes, said: Failure | int
) -> StepRecord:
    now, effect = services.now(), TRANSPORT_EFFECTS[receipt.step]
    time, retry = (said, None) if isinstance(said, int) else (said.time, said.retry)
    entry = pending(
        log_entry(
            LogEntryType.STEP,
            at=now,
            actor=receipt.issuer,
            subject=receipt.envelope_id,
            data=content,
        ),
        entry_id=services.ids.new(now),
    )
    return StepRecord(
        receipt=stored_step(
            receipt,
            content,
            recorded_at=now,
            entry_id=entry.entry_id,
            key=receipt_key(receipt.step, receipt.recipient, time=time),
        ),
        entry=entry,
        audit=audit_line(
            AuditEvent.STEP_RECORDED,
            at=now,
            actor=receipt.issuer,
            subject=receipt.envelope_id,
            step=receipt.step,
            recipient=receipt.recipient or "",
        ),
        recipients=(receipt.recipient,) if receipt.recipient else (),
        before=effect.before,
        after=effect.after,
        retry=retry,
        lease=_lease(services, receipt),
    )


def _lease(services: Services, receipt: StepReceipt) -> DeliveryLease | None:
    """Whoever works on a delivery has it for a while, not for ever."""
    if TRANSPORT_EFFECTS[receipt.step].after is not DeliveryState.LEASED:
        return None
    seconds = services.limits.processing_seconds
    return DeliveryLease(receipt.issuer, services.now() + timedelta(seconds=seconds))
