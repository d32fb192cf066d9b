"""The hub's check of one envelope before delivery, and its word on the outcome.

Every PDF is judged. A signed PDF that fails is quarantined; what could not be checked
is held, never delivered as if it had been (design, invariant 10).
"""

from dataclasses import replace

from exchange.domain.deadlines import is_urgent
from exchange.domain.records import (
    Envelope,
    StepRecord,
    StoredAttachment,
    StoredReceipt,
)
from exchange.errors import StateConflictError, StorageUnavailableError
from exchange.services import Services
from exchange.usecases.attachment_content import attachment_content
from exchange.usecases.check_outcomes import (
    Checked,
    Outcome,
    check_record,
    checked_as,
    judged,
    refused,
    remark,
    unchecked,
)
from exchange.usecases.pdfs import bears_secrecy_stamp, pdf_bytes, starts_as_pdf
from schemas.edxml.body import decode_attachment
from schemas.errors import CodedError, ErrorCode

_PEEK_BYTES = 64 * 1024


async def check_envelope(
    services: Services, envelope: Envelope
) -> StoredReceipt | None:
    """Judge what an envelope carries and record the hub's step receipt.

    Checking twice gives the receipt that was recorded first. There is none where
    nobody waits any more: all of them were asked for it back meanwhile.

    Raises:
        StateConflictError: a delivery has left the states of the check.
    """
    checked = await look_at(services, envelope)
    record = check_record(services, envelope, checked)
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
    return checked_as(outcomes)


async def _stored(services: Services, record: StepRecord) -> StoredReceipt | None:
    """Store the outcome for those who wait; some may have been recalled meanwhile."""
    store = services.storage.envelopes
    try:
        return await store.record_step(record)
    except StateConflictError:
        deliveries = await store.deliveries(record.receipt.envelope_id)
        waiting = [one.recipient for one in deliveries if one.state in record.before]
        if len(waiting) == len(record.recipients):
            raise
        if not waiting:
            return None
        return await store.record_step(replace(record, recipients=tuple(waiting)))


async def _check(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> Outcome | None:
    """Judge one attachment; None when there is nothing to judge."""
    if found := await _scanned(services, envelope, attachment):
        return found
    if not await _may_be_pdf(services, envelope, attachment):
        return remark(attachment)
    async with services.pdf_places.held(urgent=is_urgent(envelope)):
        try:
            data = await _pdf(services, envelope, attachment)
            if await bears_secrecy_stamp(services.pdfs, data):
                return refused(attachment, ErrorCode.SECRECY_MARK)
            verdict = await services.pdfs.judge(
                data, material=services.trust.material, at=services.now()
            )
        except StorageUnavailableError:
            # Nothing is wrong with the file: the check begins anew.
            raise
        except CodedError as failure:
            return unchecked(attachment, failure.code)
    return judged(attachment, verdict)


async def _scanned(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> Outcome | None:
    """Have malware looked for; None when there is none, or nobody looks."""
    if services.scanner is None:
        return None
    try:
        async with attachment_content(services, envelope, attachment) as content:
            is_found = await services.scanner.finds_malware(content)
    except StorageUnavailableError:
        raise
    except CodedError as failure:
        return unchecked(attachment, failure.code)
    return refused(attachment, ErrorCode.MALWARE_FOUND) if is_found else None


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
