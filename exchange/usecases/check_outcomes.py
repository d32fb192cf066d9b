"""How the hub's check of an envelope may end, and its word on it."""

from collections.abc import Iterable
from dataclasses import dataclass

from exchange.domain.records import Envelope, StepRecord, StoredAttachment
from exchange.domain.steps import CHECK_EFFECTS
from exchange.services import Services
from exchange.usecases.hub_steps import HubStep, hub_record
from pki.enveloped.content import MEDIA_TYPE
from schemas.edxml.content_type import media_type
from schemas.errors import ErrorCode
from schemas.receipt import Finding
from schemas.verdict import Indication, SubIndication, Verdict
from schemas.vocabulary import AuditEvent, Step

_EVENTS = {
    Step.DELIVERED: AuditEvent.ENVELOPE_DELIVERED,
    Step.QUARANTINED: AuditEvent.ENVELOPE_QUARANTINED,
    Step.HELD: AuditEvent.ENVELOPE_HELD,
}
_GRAVEST_FIRST = (Step.QUARANTINED, Step.HELD, Step.DELIVERED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attachment means for the whole envelope."""

    step: Step
    finding: Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """How the check of an envelope ended."""

    step: Step
    findings: tuple[Finding, ...]


def checked_as(outcomes: Iterable[Outcome]) -> Checked:
    """Return how a check ends; the gravest outcome counts, and none is delivered."""
    found = tuple(outcomes)
    steps = {one.step for one in found} or {Step.DELIVERED}
    gravest = next(one for one in _GRAVEST_FIRST if one in steps)
    return Checked(gravest, tuple(one.finding for one in found))


def unlooked_at(services: Services, envelope: Envelope) -> Checked | None:
    """Return how a check ends that has nothing to look into; None if it has.

    Intake has looked at the beginnings of the same bytes: what is no PDF is judged by
    nobody but a malware scanner.
    """
    attachments = envelope.attachments
    if services.scanner is not None or any(
        one.is_pdf is not False for one in attachments
    ):
        return None
    return checked_as(filter(None, map(remark, attachments)))


def check_record(
    services: Services, envelope: Envelope, checked: Checked
) -> StepRecord:
    """Attest how the check of an envelope ended."""
    step = HubStep(
        effect=CHECK_EFFECTS[checked.step],
        recipients=envelope.reached,
        event=_EVENTS[checked.step],
        findings=checked.findings,
    )
    return hub_record(services, envelope, step)


def remark(attachment: StoredAttachment) -> Outcome | None:
    """Say of encrypted content that nobody looked inside; it is delivered with that."""
    if media_type(attachment.content_type) != media_type(MEDIA_TYPE):
        return None
    finding = _finding(
        attachment,
        Indication.INDETERMINATE,
        SubIndication.GENERIC,
        ErrorCode.CONTENT_ENCRYPTED,
    )
    return Outcome(Step.DELIVERED, finding)


def judged(attachment: StoredAttachment, verdict: Verdict) -> Outcome:
    """Return what a verdict means; a signed file that fails is quarantined."""
    finding = _finding(
        attachment,
        verdict.indication,
        verdict.sub_indication,
        *(reason.code for reason in verdict.reasons),
        *(reason.code for one in verdict.signatures for reason in one.reasons),
    )
    if verdict.indication is not Indication.TOTAL_FAILED:
        return Outcome(Step.DELIVERED, finding)
    # A file that fails without a signature could not be read.
    return Outcome(Step.QUARANTINED if verdict.signatures else Step.HELD, finding)


def refused(attachment: StoredAttachment, code: ErrorCode) -> Outcome:
    """Return what forbidden content means."""
    finding = _finding(
        attachment,
        Indication.TOTAL_FAILED,
        SubIndication.POLICY_PROCESSING_ERROR,
        code,
    )
    return Outcome(Step.QUARANTINED, finding)


def unchecked(attachment: StoredAttachment, code: ErrorCode) -> Outcome:
    """Return what it means that an attachment could not be checked."""
    finding = _finding(
        attachment, Indication.INDETERMINATE, SubIndication.GENERIC, code
    )
    return Outcome(Step.HELD, finding)


def _finding(
    attachment: StoredAttachment,
    indication: Indication,
    sub_indication: SubIndication | None,
    *codes: ErrorCode,
) -> Finding:
    return Finding(
        attachment=attachment.number,
        name=attachment.name,
        indication=indication,
        sub_indication=sub_indication,
        reasons=tuple(dict.fromkeys(codes)),
    )
