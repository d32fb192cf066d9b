"""The hub's receipts for a status: of what it is about, and of what else it changes."""

from collections.abc import Iterator
from dataclasses import replace

from exchange.domain.recalls import reach_of
from exchange.domain.records import AuditLine, Envelope, StepRecord
from exchange.services import Hub, Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.hub_steps import attested
from exchange.usecases.recalling import Request, at_once_steps
from exchange.usecases.telling import Outcome
from schemas.edxml.status import EdxmlStatus
from schemas.receipt import StepReceipt
from schemas.vocabulary import STATUS_STEPS, AuditEvent


def status_receipt(
    hub: Hub, status: EdxmlStatus, envelope: Envelope, outcome: Outcome
) -> StepReceipt:
    """Return the step receipt that answers a status.

    Args:
        hub: whose word it is.
        status: what is told.
        envelope: that carries it.
        outcome: what it does.
    """
    request = outcome.request if outcome.plan is None else envelope
    return StepReceipt(
        envelope_id=outcome.about.envelope_id,
        body_sha256=outcome.about.body_sha256,
        step=STATUS_STEPS[status.status_code],
        recipient=outcome.recipient,
        issuer=hub.hub_id,
        at=envelope.accepted_at,
        status_code=status.status_code,
        description=status.description,
        status_envelope_id=envelope.envelope_id,
        status_body_sha256=envelope.body_sha256,
        request_envelope_id=request.envelope_id if request else None,
        request_body_sha256=request.body_sha256 if request else None,
        reach=outcome.reach,
    )


def status_audit(envelope: Envelope, receipt: StepReceipt) -> AuditLine:
    """Return the audit line of what a status changes of one envelope."""
    return audit_line(
        AuditEvent.STATUS_RECORDED,
        at=envelope.accepted_at,
        actor=envelope.system_id,
        subject=receipt.envelope_id,
        recipient=receipt.recipient or "",
        status=receipt.status_code or "",
        status_envelope=envelope.envelope_id,
    )


def recall_steps_of(
    services: Services, envelope: Envelope, receipt: StepReceipt, outcome: Outcome
) -> tuple[StepRecord, ...]:
    """Return the steps of a recall towards those who never had the document."""
    if outcome.plan is None:
        return ()
    request = Request(envelope, receipt.description)
    return tuple(at_once_steps(services, request, outcome.about, outcome.plan))


def further_steps(
    services: Services,
    envelope: Envelope,
    receipt: StepReceipt,
    outcome: Outcome,
    *,
    key: str,
) -> Iterator[StepRecord]:
    """Yield a step for every other envelope that a status changes.

    The status is the word on one envelope, and its entry in the log attests that
    receipt alone: of the others the hub says what the recipient answered.
    """
    for about, update in outcome.further:
        said = replace(
            receipt,
            envelope_id=about.envelope_id,
            body_sha256=about.body_sha256,
            status_envelope_id=None,
            status_body_sha256=None,
            reach=reach_of(update.before),
        )
        audit = status_audit(envelope, said)
        step = attested(services, said, key=key, audit=audit)
        yield replace(step, updates=(update,))
