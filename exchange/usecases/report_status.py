"""Record a business status and carry it to the sender of the document.

The status message is stored as an envelope of its own; the hub's step receipt answers
it. One code is reported once per document and receiver: the same again gives the
stored receipt.
"""

from dataclasses import dataclass, replace

from exchange.domain.decisions import Refuse
from exchange.domain.intake import IntakeFacts, evidence_level, sender_refusals
from exchange.domain.records import (
    Acceptance,
    AuditLine,
    Envelope,
    StatusChange,
    StoredReceipt,
)
from exchange.domain.statuses import StatusFacts, decide_status
from exchange.domain.steps import receipt_key
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Services
from exchange.usecases.attesting import (
    hub_step,
    log_entry,
    pending,
    stored_step,
)
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.directory import addressee, current_directory
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.storing import commit, inline_body, refuse, store_body
from exchange.usecases.viewing import find_envelope
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import StepReceipt
from schemas.vocabulary import (
    STATUS_STEPS,
    AuditEvent,
    EnvelopeKind,
    LogEntryType,
    StatusCode,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStatus:
    """A status message about one envelope."""

    submission: Submission
    envelope_id: EnvelopeId


@dataclass(frozen=True, slots=True)
class RecordedStatus:
    """The hub's step receipt; `repeated` when it was stored before."""

    content: bytes
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """A status whose reporter is known and may speak."""

    message: Received
    status: EdxmlStatus
    document: Envelope
    reporter: OrganId
    facts: IntakeFacts


async def report_status(services: Services, command: ReportStatus) -> RecordedStatus:
    """Record a status, or find that it was recorded before.

    Raises:
        CodedError: it is refused; the code says why.
    """
    submission = command.submission
    async with refusals_audited(
        services, submission.caller, subject=command.envelope_id
    ):
        found = await find_envelope(services, submission.caller, command.envelope_id)
        async with received(services, submission) as message:
            report = await _report(services, message, found.envelope)
            return await _record(services, report)


async def _report(services: Services, message: Received, document: Envelope) -> _Report:
    status = message.message
    if not isinstance(status, EdxmlStatus):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="StatusCode")
    if message.scanned.attachments:
        raise ExchangeError(
            ErrorCode.ATTACHMENT_NOT_IN_MANIFEST,
            place=message.scanned.attachments[0].content_id,
        )
    facts = await _facts(services, message, status)
    refusals = sender_refusals(facts, services.intake_policy, services.now())
    for refusal in refusals:
        raise refuse(refusal)
    _require_about(status, document)
    reporter = facts.sender.agency.code if facts.sender.agency else facts.sender.written
    return _Report(
        message=message,
        status=status,
        document=document,
        reporter=reporter,
        facts=facts,
    )


async def _facts(
    services: Services, message: Received, status: EdxmlStatus
) -> IntakeFacts:
    caller = message.submission.caller
    directory = await current_directory(services)
    return IntakeFacts(
        system=caller.system,
        directory_version=directory.version,
        sender=addressee(directory, status.sender.organ_id),
        recipients=(),
        secrecy_place=None,
        signer=message.signer,
        xml_size=len(message.scanned.xml),
        plain_channel=caller.plain_channel,
    )


def _require_about(status: EdxmlStatus, document: Envelope) -> None:
    """Require that the status names this document, where it names one by id."""
    named = status.response_for.document_id
    if named and document.document_id and named != document.document_id:
        raise ExchangeError(ErrorCode.RECEIPT_MISMATCH, place="ResponseFor/DocumentId")


async def _record(services: Services, report: _Report) -> RecordedStatus:
    before = await _recorded_before(services, report)
    if before is not None:
        return RecordedStatus(before.content, repeated=True)
    change = await _decide(services, report)
    acceptance = await _acceptance(services, report, change)
    try:
        envelope, repeated = await commit(services, report.message, acceptance)
    except StateConflictError:
        # The same status came in twice at once, or another one was faster.
        before = await _recorded_before(services, report)
        if before is None:
            raise
        return RecordedStatus(before.content, repeated=True)
    return RecordedStatus(envelope.receipt, repeated)


async def _recorded_before(services: Services, report: _Report) -> StoredReceipt | None:
    key = receipt_key(STATUS_STEPS[report.status.status_code], report.reporter)
    receipts = await services.storage.envelopes.receipts(report.document.envelope_id)
    return next((one for one in receipts if one.key == key), None)


async def _decide(services: Services, report: _Report) -> StatusChange:
    facts = StatusFacts(
        code=report.status.status_code,
        reporter=report.reporter,
        delivery=await services.storage.envelopes.delivery(
            report.document.envelope_id, report.reporter
        ),
    )
    decision = decide_status(facts)
    if isinstance(decision, Refuse):
        raise refuse(decision)
    return decision


async def _acceptance(
    services: Services, report: _Report, change: StatusChange
) -> Acceptance:
    envelope = _envelope(services, report)
    receipt = _receipt(services, report, envelope, change.after)
    content = hub_step(services.hub, receipt)
    entry = pending(
        log_entry(
            LogEntryType.STATUS,
            at=envelope.accepted_at,
            actor=envelope.system_id,
            subject=envelope.envelope_id,
            data=content,
        ),
        entry_id=services.ids.new(envelope.accepted_at),
    )
    step = stored_step(
        receipt, content, recorded_at=receipt.at, entry_id=entry.entry_id
    )
    spool = report.message.spool
    body_chunks = await store_body(services, spool, envelope.envelope_id)
    return Acceptance(
        envelope=replace(envelope, receipt=content),
        entry=entry,
        audit=_audit(envelope, report, change.after),
        body=inline_body(spool, body_chunks),
        body_chunks=body_chunks,
        receipts=(step,),
        status_change=change,
    )


def _envelope(services: Services, report: _Report) -> Envelope:
    message, document, now = report.message, report.document, services.now()
    return Envelope(
        envelope_id=EnvelopeId(services.ids.new(now)),
        kind=EnvelopeKind.STATUS,
        system_id=message.submission.caller.system.system_id,
        sender=report.reporter,
        recipients=(document.sender,),
        message_id=message.message_id,
        content_type=message.submission.content_type,
        size=message.scanned.size,
        body_sha256=message.scanned.sha256,
        evidence_level=evidence_level(report.facts),
        accepted_at=now,
        document_id=document.document_id,
        document_code=document.document_code,
        subject=document.subject,
        status_of=document.envelope_id,
    )


def _receipt(
    services: Services, report: _Report, envelope: Envelope, code: StatusCode
) -> StepReceipt:
    return StepReceipt(
        envelope_id=report.document.envelope_id,
        body_sha256=report.document.body_sha256,
        step=STATUS_STEPS[code],
        recipient=report.reporter,
        issuer=services.hub.hub_id,
        at=envelope.accepted_at,
        status_code=code,
        description=report.status.description,
        status_envelope_id=envelope.envelope_id,
        status_body_sha256=envelope.body_sha256,
    )


def _audit(envelope: Envelope, report: _Report, code: StatusCode) -> AuditLine:
    return audit_line(
        AuditEvent.STATUS_RECORDED,
        at=envelope.accepted_at,
        actor=envelope.system_id,
        subject=report.document.envelope_id,
        recipient=report.reporter,
        status=code,
        status_envelope=envelope.envelope_id,
    )
