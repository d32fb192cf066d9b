"""Record a business status and carry it to the sender of the document.

The status message is stored as an envelope of its own; the hub's step receipt answers
it. One code is reported once per document and receiver: the same again gives the
stored receipt.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from exchange.domain.addressing import (
    all_reached,
    find_addressee,
    spoken_for,
)
from exchange.domain.decisions import Refuse
from exchange.domain.directory import Directory
from exchange.domain.intake import (
    Accept,
    IntakeFacts,
    evidence_level,
    sender_refusals,
)
from exchange.domain.recalls import asked_back
from exchange.domain.records import (
    Acceptance,
    Accepted,
    Delivery,
    DeliveryUpdate,
    Envelope,
    StoredReceipt,
)
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Services
from exchange.usecases.answering import ANSWERS
from exchange.usecases.attesting import (
    hub_step,
    log_entry,
    pending,
    stored_step,
)
from exchange.usecases.auditing import refusals_audited
from exchange.usecases.directory import addressee, current_directory
from exchange.usecases.recalling import request_key
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.redirecting import redirecting_steps, redirects
from exchange.usecases.status_outcomes import outcome_of
from exchange.usecases.status_receipts import (
    further_steps,
    recall_steps_of,
    status_audit,
    status_receipt,
)
from exchange.usecases.storing import (
    audit_repeat,
    inline_body,
    refuse,
    require_same_bytes,
    store,
    store_body,
)
from exchange.usecases.telling import Outcome, Told
from exchange.usecases.telling_apart import is_about, is_repeat, message_apart
from exchange.usecases.viewing import Shown, find_shown
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import (
    EnvelopeKind,
    LogEntryType,
    StatusCode,
)

_TRIES = 8
"""How often a decision is made anew because a delivery changed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStatus:
    """A status message about one envelope.

    Args:
        only: the one status it may be; None: any.
        agency: the closed agency, of several the reporter succeeded, whose part it
            reports on; None: its own, or the first of them.
    """

    submission: Submission
    envelope_id: EnvelopeId
    only: StatusCode | None = None
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedStatus:
    """The hub's step receipt; `repeated` when it was stored before."""

    content: bytes
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """A status whose reporter is known and may speak.

    Args:
        deliveries: of the document, those the reporter may speak for, as they were
            when the status had come.
        directory: as it was when the status had come.
        agency: as in `ReportStatus`.
    """

    message: Received
    status: EdxmlStatus
    document: Envelope
    deliveries: tuple[Delivery, ...]
    directory: Directory
    reporter: OrganId
    facts: IntakeFacts
    agency: str | None


async def report_status(services: Services, command: ReportStatus) -> RecordedStatus:
    """Record a status, or find that it was recorded before.

    Raises:
        CodedError: it is refused; the code says why.
    """
    submission = command.submission
    async with refusals_audited(
        services, submission.caller, subject=command.envelope_id
    ):
        shown = await find_shown(services, submission.caller, command.envelope_id)
        async with received(services, submission) as message:
            report = await _report(services, message, shown, command.agency)
            if command.only not in {None, report.status.status_code}:
                place = report.status.status_code
                raise ExchangeError(ErrorCode.STATUS_NOT_ALLOWED, place=place)
            return await _record(services, report, _told(report, services.now()))


async def _report(
    services: Services, message: Received, shown: Shown, agency: str | None
) -> _Report:
    status, document = message.message, shown.envelope
    if not isinstance(status, EdxmlStatus):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="StatusCode")
    if message.scanned.attachments:
        raise ExchangeError(
            ErrorCode.ATTACHMENT_NOT_IN_MANIFEST,
            place=message.scanned.attachments[0].content_id,
        )
    directory = await current_directory(services)
    facts = _facts(message, status, directory)
    refusals = sender_refusals(facts, services.intake_policy, services.now())
    for refusal in refusals:
        raise refuse(refusal)
    _require_about(status, document)
    reporter = facts.sender.agency.code if facts.sender.agency else facts.sender.written
    # Of the many its system may act for, it speaks for itself and whom it succeeded.
    own = {reporter, *directory.inherited(reporter, services.now())}
    deliveries = await services.storage.envelopes.deliveries(
        document.envelope_id, of=shown.agencies & own
    )
    return _Report(
        message=message,
        status=status,
        document=document,
        deliveries=tuple(deliveries),
        directory=directory,
        reporter=reporter,
        facts=facts,
        agency=agency,
    )


def _facts(message: Received, status: EdxmlStatus, directory: Directory) -> IntakeFacts:
    caller = message.submission.caller
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


def _require_about(status: EdxmlStatus, envelope: Envelope) -> None:
    """Require that the status names this document, where it names one by id.

    An answer names the request, or the document that the request is about.
    """
    named = status.response_for.document_id
    known = {envelope.document_id, *(one.document_id for one in envelope.links)}
    if named and envelope.document_id and named not in known:
        raise ExchangeError(ErrorCode.RECEIPT_MISMATCH, place="ResponseFor/DocumentId")


def _told(report: _Report, now: datetime) -> Told:
    speaker, answers_for = _speaker(report, now)
    own = (one for one in report.deliveries if one.recipient == speaker)
    return Told(
        status=report.status,
        reporter=speaker,
        answers_for=answers_for,
        named=report.document,
        names_agency=bool(report.agency),
        delivery=next(own, None),
    )


def _speaker(report: _Report, now: datetime) -> tuple[OrganId, tuple[OrganId, ...]]:
    """Return the party the reporter speaks for, and those an answer of it may be for.

    A successor speaks for the closed. What it answers may have reached it in their
    stead, so they need not be parties of that.
    """
    directory, reporter, parties = report.directory, report.reporter, _parties(report)
    speaker = spoken_for(directory, reporter, parties, now)
    if not report.agency:
        others = directory.inherited(reporter, now) - {speaker}
        return speaker, (speaker, *sorted(others))
    written = addressee(directory, OrganId(report.agency)).code
    if spoken_for(directory, reporter, parties & {written}, now) == written:
        return written, (written,)
    is_answer = report.status.status_code in ANSWERS
    if is_answer and written in directory.inherited(reporter, now):
        return speaker, (written,)
    raise ExchangeError(ErrorCode.STATUS_ACTOR_WRONG, place=written)


def _parties(report: _Report) -> set[OrganId]:
    """Return those whose part in the envelope such a status may be about."""
    document = report.document
    if report.status.status_code is StatusCode.RECALL_REQUESTED:
        return {document.sender}
    return {one.recipient for one in report.deliveries} - document.redirected


async def _record(services: Services, report: _Report, told: Told) -> RecordedStatus:
    for _ in range(_TRIES):
        outcome = await outcome_of(services, told)
        if isinstance(outcome, StoredReceipt):
            return RecordedStatus(outcome.content, repeated=True)
        if isinstance(outcome, Refuse):
            return await _repeated_or_refused(services, report, outcome)
        acceptance = await _acceptance(services, report, outcome)
        try:
            stored = await store(services, report.message, acceptance)
        except StateConflictError:
            # Somebody was faster; what it looked at is looked at again.
            told = replace(told, delivery=None)
            continue
        if isinstance(stored, Accepted):
            return RecordedStatus(stored.envelope.receipt, repeated=False)
        if await is_repeat(services, told, outcome, stored.envelope):
            return await _again(services, stored.envelope)
        apart = message_apart(report.message, outcome.about.envelope_id, outcome.key)
        report = replace(report, message=apart)
    raise ExchangeError(ErrorCode.OVERLOADED, place=report.document.envelope_id)


async def _repeated_or_refused(
    services: Services, report: _Report, refusal: Refuse
) -> RecordedStatus:
    before = await _sent_before(services, report)
    if before is not None and not is_about(report.document, before):
        apart = message_apart(report.message, report.document.envelope_id)
        before = await _sent_before(services, replace(report, message=apart))
    if before is None:
        raise refuse(refusal)
    return await _again(services, before)


async def _sent_before(services: Services, report: _Report) -> Envelope | None:
    message = report.message
    before = await services.storage.envelopes.envelope_by_message(
        report.facts.system.system_id, report.reporter, message.message_id
    )
    if before is not None:
        require_same_bytes(message, before)
    return before


async def _again(services: Services, before: Envelope) -> RecordedStatus:
    await audit_repeat(services, before)
    return RecordedStatus(before.receipt, repeated=True)


def _accepted(report: _Report, outcome: Outcome, now: datetime) -> Accept:
    """Lead the status to whoever succeeded those it is for."""
    to = [find_addressee(report.directory, one, now) for one in outcome.to]
    return Accept(
        sender=report.reporter,
        addressed=tuple(one.code for one in to),
        recipients=all_reached(to),
        evidence_level=evidence_level(report.facts),
        redirected=tuple(one for one in to if one.successions),
    )


async def _acceptance(
    services: Services, report: _Report, outcome: Outcome
) -> Acceptance:
    accept = _accepted(report, outcome, services.now())
    envelope = _envelope(services, report, outcome, accept)
    receipt = status_receipt(services.hub, report.status, envelope, outcome)
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
        # A status carries nothing that could be checked before it is delivered.
        makes_visible=True,
    )
    step = stored_step(
        receipt,
        content,
        recorded_at=receipt.at,
        entry_id=entry.entry_id,
        key=outcome.key
        or request_key(receipt.step, receipt.recipient, envelope.envelope_id),
    )
    body_chunks = await store_body(services, report.message, envelope.envelope_id)
    return Acceptance(
        envelope=replace(envelope, receipt=content),
        entry=entry,
        audit=status_audit(envelope, receipt),
        body=inline_body(report.message.spool, body_chunks),
        body_chunks=body_chunks,
        receipts=(step,),
        status_change=outcome.change,
        updates=_updates(envelope, outcome),
        steps=(
            *recall_steps_of(services, envelope, receipt, outcome),
            *further_steps(services, envelope, receipt, outcome, key=step.key),
            *await redirecting_steps(services, envelope, accept),
        ),
    )


def _updates(envelope: Envelope, outcome: Outcome) -> tuple[DeliveryUpdate, ...]:
    if outcome.plan is None:
        return outcome.updates
    request = envelope.envelope_id
    return tuple(asked_back(one, request) for one in outcome.plan.asked)


def _envelope(
    services: Services, report: _Report, outcome: Outcome, accept: Accept
) -> Envelope:
    message, document, now = report.message, outcome.about, services.now()
    return Envelope(
        envelope_id=EnvelopeId(services.ids.new(now)),
        kind=EnvelopeKind.STATUS,
        system_id=message.submission.caller.system.system_id,
        sender=accept.sender,
        recipients=accept.recipients,
        redirects=redirects(accept),
        message_id=message.message_id,
        content_type=message.submission.content_type,
        size=message.scanned.size,
        body_sha256=message.scanned.sha256,
        evidence_level=accept.evidence_level,
        accepted_at=now,
        document_id=document.document_id,
        document_code=document.document_code,
        subject=document.subject,
        status_of=document.envelope_id,
    )
