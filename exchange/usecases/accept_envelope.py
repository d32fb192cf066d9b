"""Accept a document: durable first, then the receipt, the same receipt for ever.

Invariants:
    - A receipt leaves only after envelope, deliveries and receipt are durable.
    - The same message id with the same bytes gives the stored receipt; with other
      bytes a conflict.
    - A refusal stores one audit line and nothing else.
"""

from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from exchange.domain.decisions import Refuse
from exchange.domain.intake import Accept, IntakeFacts, decide_intake
from exchange.domain.records import (
    Acceptance,
    AuditLine,
    Envelope,
    StepRecord,
    StoredAttachment,
)
from exchange.domain.relations import Relations, matter_of
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Services
from exchange.usecases.attesting import (
    acceptance_receipt,
    log_entry,
    pending,
)
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.check_outcomes import check_record, unlooked_at
from exchange.usecases.counting_use import count_use
from exchange.usecases.judging_intake import (
    ReadDocument,
    gather_facts,
    pdf_refusals,
    read_document,
)
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.redirecting import redirecting_steps, redirects
from exchange.usecases.relating import consequences, relate
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
from schemas.errors import ErrorCode
from schemas.evidence import LogEntry
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import (
    AuditEvent,
    BusinessType,
    EnvelopeKind,
    LinkKind,
    LogEntryType,
    Urgency,
)

_TRIES = 8
"""How often a decision is made anew because an earlier document changed meanwhile."""

_SCANNED_FIELDS = tuple(one.name for one in fields(ScannedAttachment))


@dataclass(frozen=True, slots=True)
class AcceptedEnvelope:
    """An envelope the hub holds.

    Args:
        repeated: it was held before this call.
    """

    envelope: Envelope
    repeated: bool


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A document that may come in, if what it does to earlier ones may be done."""

    message: Received
    read: ReadDocument
    facts: IntakeFacts
    accept: Accept


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
    decision = _upload_refusal(message) or decision
    if isinstance(decision, Refuse):
        return await _repeated_or_refused(services, message, facts, decision)
    async for refusal in pdf_refusals(services, message, read):
        return await _repeated_or_refused(services, message, facts, refusal)
    return await _accepted(services, _Incoming(message, read, facts, decision))


def _upload_refusal(message: Received) -> Refuse | None:
    """Refuse an upload that an envelope has; repeats of that envelope find it."""
    upload = message.submission.upload
    if upload is None or not upload.is_used:
        return None
    return Refuse(ErrorCode.UPLOAD_USED, upload.upload_id)


async def _accepted(services: Services, incoming: _Incoming) -> AcceptedEnvelope:
    """Accept a document with what it does to earlier ones: all of it, or nothing.

    An earlier document may change meanwhile; then it is decided anew.
    """
    message, facts = incoming.message, incoming.facts
    for _ in range(_TRIES):
        relations = await relate(services, incoming.read.document, incoming.accept)
        if isinstance(relations, Refuse):
            return await _repeated_or_refused(services, message, facts, relations)
        whole = _reaching(incoming, relations)
        acceptance = await _acceptance(services, whole, relations)
        with suppress(StateConflictError):
            return AcceptedEnvelope(*await commit(services, message, acceptance))
    raise ExchangeError(ErrorCode.OVERLOADED, place=message.message_id)


def _reaching(incoming: _Incoming, relations: Relations) -> _Incoming:
    """Add those whom a document concerns by what it does to earlier ones."""
    accept = replace(
        incoming.accept,
        recipients=relations.recipients,
        redirected=relations.redirected,
    )
    return replace(incoming, accept=accept)


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
    services: Services, incoming: _Incoming, relations: Relations
) -> Acceptance:
    message = incoming.message
    async with services.turns:
        envelope, entry = _receipted(services, incoming, relations)
    body_chunks = await store_body(services, message, envelope.envelope_id)
    return Acceptance(
        envelope=envelope,
        entry=pending(
            entry, entry_id=services.ids.new(entry.at), urgency=envelope.urgency
        ),
        audit=_audit(envelope),
        body=inline_body(message.spool, body_chunks),
        body_chunks=body_chunks,
        steps=(
            *await redirecting_steps(services, envelope, incoming.accept),
            *consequences(services, envelope, relations),
        ),
        delivered=_delivered(services, envelope),
    )


def _delivered(services: Services, envelope: Envelope) -> StepRecord | None:
    """Deliver with its acceptance what has nothing to check."""
    if not services.delivers_at_once:
        return None
    checked = unlooked_at(services, envelope)
    return None if checked is None else check_record(services, envelope, checked)


def _receipted(
    services: Services, incoming: _Incoming, relations: Relations
) -> tuple[Envelope, LogEntry]:
    """Return an envelope with its receipt, and the log entry that is promised."""
    envelope = _envelope(services, incoming, relations)
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
        directory_version=incoming.facts.directory_version,
        signature=signature_judgement(incoming.message),
        entry=entry,
    )
    return replace(envelope, receipt=receipt), entry


def _envelope(
    services: Services, incoming: _Incoming, relations: Relations
) -> Envelope:
    message, read, accept = incoming.message, incoming.read, incoming.accept
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
        matter=matter_of(document),
        links=relations.links,
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
    duplicates = (one.envelope_id for one in envelope.links_of(LinkKind.DUPLICATES))
    earlier = next(duplicates, None)
    return audit_line(
        AuditEvent.ENVELOPE_ACCEPTED,
        at=envelope.accepted_at,
        actor=envelope.system_id,
        subject=envelope.envelope_id,
        sender=envelope.sender,
        body_sha256=envelope.body_sha256,
        size=str(envelope.size),
        evidence_level=envelope.evidence_level,
        **({"duplicate_of": earlier} if earlier else {}),
    )
