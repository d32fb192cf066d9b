"""Accept a document: durable first, then the receipt, the same receipt for ever.

Invariants:
    - A receipt leaves only after envelope, deliveries and receipt are durable.
    - The same message id with the same bytes gives the stored receipt; with other
      bytes a conflict.
    - A refusal stores one audit line and nothing else.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from exchange.domain.decisions import Refuse
from exchange.domain.intake import Accept, IntakeFacts, decide_intake
from exchange.domain.records import (
    Acceptance,
    AuditLine,
    Envelope,
    StoredAttachment,
)
from exchange.services import Services
from exchange.usecases.attesting import (
    acceptance_receipt,
    log_entry,
    pending,
)
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.counting_use import count_use
from exchange.usecases.judging_intake import (
    ReadDocument,
    gather_facts,
    pdf_refusals,
    read_document,
)
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.redirecting import redirecting_steps, redirects
from exchange.usecases.storing import (
    audit_repeat,
    commit,
    inline_body,
    refuse,
    require_same_bytes,
    sent_before,
    signature_judgement,
    store_body,
)
from schemas.edxml.scanned import ScannedAttachment
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import (
    AuditEvent,
    BusinessType,
    EnvelopeKind,
    LogEntryType,
    Urgency,
)

_SCANNED_FIELDS = tuple(one.name for one in fields(ScannedAttachment))


@dataclass(frozen=True, slots=True)
class AcceptedEnvelope:
    """An envelope the hub holds.

    Args:
        repeated: it was held before this call.
    """

    envelope: Envelope
    repeated: bool


async def accept_envelope(
    services: Services, submission: Submission
) -> AcceptedEnvelope:
    """Accept a document message, or find that it was accepted before.

    Raises:
        CodedError: it is refused; the code says why.
    """
    subject = submission.message_id or ""
    async with (
        refusals_audited(services, submission.caller, subject=subject),
        received(services, submission) as message,
    ):
        accepted = await _accept(services, message)
    if not accepted.repeated:
        count_use(services, accepted.envelope)
    return accepted


async def _accept(services: Services, message: Received) -> AcceptedEnvelope:
    read = read_document(message)
    facts = await gather_facts(services, message, read.document)
    decision = decide_intake(facts, services.intake_policy, services.now())
    if isinstance(decision, Refuse):
        return await _repeated_or_refused(services, message, facts, decision)
    async for refusal in pdf_refusals(services, message, read):
        return await _repeated_or_refused(services, message, facts, refusal)
    envelope = _envelope(services, message, read, decision)
    version = facts.directory_version
    acceptance = await _acceptance(services, message, envelope, version)
    steps = await redirecting_steps(services, envelope, decision)
    acceptance = replace(acceptance, steps=(*steps, *acceptance.steps))
    return AcceptedEnvelope(*await commit(services, message, acceptance))


async def _repeated_or_refused(
    services: Services, message: Received, facts: IntakeFacts, refusal: Refuse
) -> AcceptedEnvelope:
    """Answer a message accepted earlier; its receipt outlives the reasons for it.

    Raises:
        ExchangeError: the refusal, or other bytes are stored under this id.
    """
    before = await sent_before(services, message, facts)
    if before is None:
        raise refuse(refusal)
    require_same_bytes(message, before)
    await audit_repeat(services, before)
    return AcceptedEnvelope(before, repeated=True)


async def _acceptance(
    services: Services, message: Received, envelope: Envelope, directory_version: int
) -> Acceptance:
    entry = log_entry(
        LogEntryType.ACCEPTED,
        at=envelope.accepted_at,
        actor=envelope.system_id,
        subject=envelope.envelope_id,
        data=bytes.fromhex(envelope.body_sha256),
    )
    receipt = acceptance_receipt(
        services.hub,
        envelope,
        directory_version=directory_version,
        signature=signature_judgement(message),
        entry=entry,
    )
    body_chunks = await store_body(services, message.spool, envelope.envelope_id)
    return Acceptance(
        envelope=replace(envelope, receipt=receipt),
        entry=pending(entry, entry_id=services.ids.new(entry.at)),
        audit=_audit(envelope),
        body=inline_body(message.spool, body_chunks),
        body_chunks=body_chunks,
    )


def _envelope(
    services: Services, message: Received, read: ReadDocument, accept: Accept
) -> Envelope:
    document, now = read.document, services.now()
    other, business = document.other, document.business
    return Envelope(
        envelope_id=EnvelopeId(services.ids.new(now)),
        kind=EnvelopeKind.DOCUMENT,
        system_id=message.submission.caller.system.system_id,
        sender=accept.sender,
        recipients=accept.recipients,
        message_id=message.message_id,
        content_type=message.submission.content_type,
        size=message.scanned.size,
        body_sha256=message.scanned.sha256,
        evidence_level=accept.evidence_level,
        accepted_at=now,
        attachments=_stored(read),
        document_id=document.document_id,
        document_code=str(document.code),
        subject=document.subject,
        urgency=other.priority if other else Urgency.NORMAL,
        business_type=business.business_type if business else BusinessType.NEW,
        redirects=redirects(accept),
    )


def _stored(read: ReadDocument) -> tuple[StoredAttachment, ...]:
    looked_at = zip(read.attachments, read.are_pdfs, strict=True)
    return tuple(
        StoredAttachment(number=number, is_pdf=is_pdf, **_fields_of(scanned))
        for number, (scanned, is_pdf) in enumerate(looked_at, start=1)
    )


def _fields_of(scanned: ScannedAttachment) -> dict[str, Any]:
    # `asdict` would copy every value deeply, for flat ones.
    return {name: getattr(scanned, name) for name in _SCANNED_FIELDS}


def _audit(envelope: Envelope) -> AuditLine:
    return audit_line(
        AuditEvent.ENVELOPE_ACCEPTED,
        at=envelope.accepted_at,
        actor=envelope.system_id,
        subject=envelope.envelope_id,
        sender=envelope.sender,
        body_sha256=envelope.body_sha256,
        size=str(envelope.size),
        evidence_level=envelope.evidence_level,
    )
