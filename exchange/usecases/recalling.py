"""The steps of a recall, attested and ready to be stored with what asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from exchange.domain.recalls import RecallPlan, asked_back, reach_of, recalled
from exchange.domain.records import (
    AddedDelivery,
    Delivery,
    DeliveryUpdate,
    Envelope,
    StepRecord,
)
from exchange.domain.steps import receipt_key
from exchange.services import Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.hub_steps import attested
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import StepReceipt
from schemas.vocabulary import AuditEvent, DeliveryState, Reach, StatusCode, Step


@dataclass(frozen=True, slots=True)
class Request:
    """An envelope that asks something of recipients of an earlier one, and why."""

    envelope: Envelope
    reason: str


def request_key(step: Step, recipient: OrganId | None, request: EnvelopeId) -> str:
    """Name a step of a request; (request, recipient, code) is unique."""
    return f"{receipt_key(step, recipient)}:{request}"


def recall_steps(
    services: Services, request: Request, document: Envelope, plan: RecallPlan
) -> Iterator[StepRecord]:
    """Yield a step for everybody a request reaches."""
    yield from at_once_steps(services, request, document, plan)
    asked = request.envelope.envelope_id
    for one in plan.asked:
        receipt = _receipt(services, request, document, Step.RECALL_REQUESTED, one)
        receipt = replace(receipt, status_code=StatusCode.RECALL_REQUESTED)
        yield _step(services, request, receipt, asked_back(one, asked), reach_of(one))


def at_once_steps(
    services: Services, request: Request, document: Envelope, plan: RecallPlan
) -> Iterator[StepRecord]:
    """Yield a step for everybody who never had the document."""
    asked = request.envelope.envelope_id
    for one in plan.at_once:
        receipt = _receipt(services, request, document, Step.RECALLED, one)
        yield _step(services, request, receipt, recalled(one, asked), reach_of(one))


def adding_step(
    services: Services, request: Request, document: Envelope, recipient: OrganId
) -> StepRecord:
    """Deliver a document to one recipient more; it was checked for the others."""
    now, hub_id = services.now(), services.hub.hub_id
    receipt = StepReceipt(
        envelope_id=document.envelope_id,
        body_sha256=document.body_sha256,
        step=Step.DELIVERED,
        recipient=recipient,
        issuer=hub_id,
        at=now,
        request_envelope_id=request.envelope.envelope_id,
        request_body_sha256=request.envelope.body_sha256,
    )
    audit = audit_line(
        AuditEvent.RECIPIENT_ADDED,
        at=now,
        actor=request.envelope.system_id,
        subject=document.envelope_id,
        recipient=recipient,
        request=request.envelope.envelope_id,
    )
    key = receipt_key(receipt.step, recipient)
    step = attested(services, receipt, key=key, audit=audit, makes_visible=True)
    added = AddedDelivery(document, recipient, DeliveryState.AVAILABLE)
    return replace(step, added=(added,))


def _receipt(
    services: Services,
    request: Request,
    document: Envelope,
    step: Step,
    delivery: Delivery,
) -> StepReceipt:
    return StepReceipt(
        envelope_id=document.envelope_id,
        body_sha256=document.body_sha256,
        step=step,
        recipient=delivery.recipient,
        issuer=services.hub.hub_id,
        at=services.now(),
        description=request.reason,
        request_envelope_id=request.envelope.envelope_id,
        request_body_sha256=request.envelope.body_sha256,
    )


def _step(
    services: Services,
    request: Request,
    receipt: StepReceipt,
    update: DeliveryUpdate,
    reach: Reach,
) -> StepRecord:
    is_done = receipt.step is Step.RECALLED
    envelope = request.envelope
    audit = audit_line(
        AuditEvent.RECALL_DONE if is_done else AuditEvent.RECALL_REQUESTED,
        at=receipt.at,
        actor=envelope.system_id,
        subject=receipt.envelope_id,
        recipient=update.before.recipient,
        request=envelope.envelope_id,
        reach=reach,
    )
    key = request_key(receipt.step, update.before.recipient, envelope.envelope_id)
    step = attested(services, replace(receipt, reach=reach), key=key, audit=audit)
    return replace(step, updates=(update,))
