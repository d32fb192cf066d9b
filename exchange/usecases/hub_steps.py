"""Steps the hub itself takes: receipt, log entry and audit line, ready to be stored."""

from collections.abc import Collection
from dataclasses import dataclass

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import (
    AuditLine,
    DeliveryRetry,
    Envelope,
    StepRecord,
    StoredReceipt,
)
from exchange.domain.steps import StepEffect, receipt_key
from exchange.services import HubOffice
from exchange.usecases.attesting import hub_step, log_entry, pending, stored_step
from exchange.usecases.auditing import audit_line
from schemas.identifiers import OrganId
from schemas.receipt import Finding, StepReceipt
from schemas.vocabulary import (
    READABLE_DELIVERY_STATES,
    AuditEvent,
    LogEntryType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStep:
    """A step of the hub towards some recipients of an envelope.

    Args:
        effect: the step and what it does.
        recipients: the deliveries concerned.
        event: of the audit line.
        only: the one recipient the step is about; None: it is about all.
        time: which time, of steps that may be taken more than once.
        actor: who had it done; the hub of itself if empty.
        description: why, in the words of whoever had it done.
        findings: what was found in the attachments.
        retry: what is kept of failures from now on; None leaves it.
    """

    effect: StepEffect
    recipients: Collection[OrganId]
    event: AuditEvent
    only: OrganId | None = None
    time: int = 1
    actor: str = ""
    description: str = ""
    findings: tuple[Finding, ...] = ()
    retry: DeliveryRetry | None = None


def attested(
    office: HubOffice,
    receipt: StepReceipt,
    *,
    key: str,
    audit: AuditLine,
    makes_visible: bool = False,
) -> StepRecord:
    """Sign a step receipt of the hub and enter it in the log; it moves nothing yet."""
    stored, entry = _attested(office, receipt, key=key, makes_visible=makes_visible)
    return StepRecord(
        receipt=stored, entry=entry, audit=audit, recipients=(), before=frozenset()
    )


def _attested(
    office: HubOffice,
    receipt: StepReceipt,
    *,
    key: str,
    makes_visible: bool,
    urgency: int = 0,
) -> tuple[StoredReceipt, PendingLogEntry]:
    content = hub_step(office.hub, receipt)
    entry = pending(
        log_entry(
            LogEntryType.STEP,
            at=receipt.at,
            actor=receipt.issuer,
            subject=receipt.envelope_id,
            data=content,
        ),
        entry_id=office.ids.new(receipt.at),
        makes_visible=makes_visible,
        urgency=urgency,
    )
    stored = stored_step(
        receipt, content, recorded_at=receipt.at, entry_id=entry.entry_id, key=key
    )
    return stored, entry


def hub_record(office: HubOffice, envelope: Envelope, step: HubStep) -> StepRecord:
    """Attest a step of the hub; what it makes readable becomes visible with it."""
    now, hub = office.now(), office.hub
    receipt = StepReceipt(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        step=step.effect.step,
        recipient=step.only,
        issuer=hub.hub_id,
        at=now,
        description=step.description,
        findings=step.findings,
    )
    audit = audit_line(
        step.event,
        at=now,
        actor=step.actor or hub.hub_id,
        subject=envelope.envelope_id,
        **({"recipient": step.only} if step.only else {}),
    )
    makes_visible = step.effect.after in READABLE_DELIVERY_STATES
    stored, entry = _attested(
        office,
        receipt,
        key=receipt_key(receipt.step, receipt.recipient, time=step.time),
        makes_visible=makes_visible,
        urgency=envelope.urgency if makes_visible else 0,
    )
    return StepRecord(
        receipt=stored,
        entry=entry,
        audit=audit,
        recipients=tuple(step.recipients),
        before=step.effect.before,
        after=step.effect.after,
        retry=step.retry,
    )
