"""The hub's check of one envelope before delivery, and its word on the outcome.

Every PDF is judged. A signed PDF that fails is quarantined; what could not be checked
is held, never delivered as if it had been (design, invariant 10).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from exchange.domain.deadlines import is_urgent
from exchange.domain.records import (
    Envelope,
    StepRecord,
    StoredAttachment,
    StoredReceipt,
)
from exchange.domain.steps import CHECK_EFFECTS
from exchange.errors import StateConflictError
from exchange.services import Services
from exchange.usecases.attachment_content import attachment_content
from exchange.usecases.hub_steps import HubStep, hub_record
from exchange.usecases.pdfs import bears_secrecy_stamp, pdf_bytes, starts_as_pdf
from pki.enveloped.content import MEDIA_TYPE
from schemas.edxml.body import decode_attachment
from schemas.edxml.content_type import media_type
from schemas.errors import CodedError, ErrorCode
from schemas.receipt import Finding
from schemas.verdict import Indication, SubIndication, Verdict
from schemas.vocabulary import AuditEvent, Step

_EVENTS = {
    Step.DELIVERED: AuditEvent.ENVELOPE_DELIVERED,
    Step.QUARANTINED: AuditEvent.ENVELOPE_QUARANTINED,
    Step.HELD: AuditEvent.ENVELOPE_HELD,
}
_GRAVEST_FIRST = (Step.QUARANTINED, Step.HELD, Step.DELIVERED)
_PEEK_BYTES = 64 * 1024


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


async def check_envelope(services: Services, envelope: Envelope) -> StoredReceipt:
    """Judge what an envelope carries and record the hub's step receipt.

    Checking twice gives the receipt that was recorded first.

    Raises:
        StateConflictError: a delivery has left the states of the check.
    """
    checked = await look_at(services, envelope)
    record = _record(services, envelope, checked.step, checked.findings)
    stored = await _stored(services, record)
    services.signals.recorded.ring(hurries=is_urgent(envelope))
    return stored


async def look_at(services: Services, envelope: Envelope) -> Checked:
    """Judge what an envelope carries; nothing is recorded.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    outcomes = [
        outcome
        for attachment in envelope.attachments
        if (outcome := await _check(services, envelope, attachment))
    ]
    return Checked(_gravest(outcomes), tuple(one.finding for one in outcomes))


def _gravest(outcomes: Iterable[Outcome]) -> Step:
    steps = {one.step for one in outcomes} or {Step.DELIVERED}
    return next(one for one in _GRAVEST_FIRST if one in steps)


async def _stored(services: Services, record: StepRecord) -> StoredReceipt:
    """Store the outcome for those who wait; some may have been recalled meanwhile."""
    store = services.storage.envelopes
    try:
        return await store.record_step(record)
    except StateConflictError:
        deliveries = await store.deliveries(record.receipt.envelope_id)
        waiting = [one.recipient for one in deliveries if one.state in record.before]
        if len(waiting) == len(record.recipients):
            raise
        return await store.record_step(replace(record, recipients=tuple(waiting)))


async def _check(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> Outcome | None:
    """Judge one attachment; None when there is nothing to judge."""
    if refused := await _scanned(services, envelope, attachment):
        return refused
    if not await _may_be_pdf(services, envelope, attachment):
        return _remark(attachment)
    async with services.pdf_places.held(urgent=is_urgent(envelope)):
        try:
            data = await _pdf(services, envelope, attachment)
            if await bears_secrecy_stamp(services.pdfs, data):
                return _refused(attachment, ErrorCode.SECRECY_MARK)
            verdict = await services.pdfs.judge(
                data, material=services.trust.material, at=services.now()
            )
        except CodedError as failure:
            return _unchecked(attachment, failure.code)
    return _judged(attachment, verdict)


async def _scanned(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> Outcome | None:
    """Have malware looked for; None when there is none, or nobody looks."""
    if services.scanner is None:
        return None
    async with attachment_content(services, envelope, attachment) as content:
        try:
            is_found = await services.scanner.finds_malware(content)
        except CodedError as failure:
            return _unchecked(attachment, failure.code)
    return _refused(attachment, ErrorCode.MALWARE_FOUND) if is_found else None


async def _pdf(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> bytes:
    async with attachment_content(services, envelope, attachment) as content:
        return pdf_bytes(content, limit=services.limits.pdf_bytes)


async def _may_be_pdf(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> bool:
    """Look at the beginning alone; a film is not fetched to learn it is none.

    Intake looked at the same bytes, which are held to their digest since.
    """
    if attachment.is_pdf is not None:
        return attachment.is_pdf
    length = min(attachment.length, _PEEK_BYTES)
    body = services.storage.envelopes.read_body(
        envelope.envelope_id, offset=attachment.offset, length=length
    )
    head = [chunk async for chunk in body]
    try:
        return starts_as_pdf(decode_attachment(attachment, head))
    except CodedError:
        return True


def _remark(attachment: StoredAttachment) -> Outcome | None:
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


def _judged(attachment: StoredAttachment, verdict: Verdict) -> Outcome:
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


def _refused(attachment: StoredAttachment, code: ErrorCode) -> Outcome:
    finding = _finding(
        attachment,
        Indication.TOTAL_FAILED,
        SubIndication.POLICY_PROCESSING_ERROR,
        code,
    )
    return Outcome(Step.QUARANTINED, finding)


def _unchecked(attachment: StoredAttachment, code: ErrorCode) -> Outcome:
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


def _record(
    services: Services, envelope: Envelope, step: Step, findings: tuple[Finding, ...]
) -> StepRecord:
    checked = HubStep(
        effect=CHECK_EFFECTS[step],
        recipients=envelope.reached,
        event=_EVENTS[step],
        findings=findings,
    )
    return hub_record(services, envelope, checked)
