"""Gather what proves the story of one envelope, as far as the caller may see it."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from exchange.domain.records import (
    AuditLine,
    Envelope,
    SequencedLogEntry,
    StoredReceipt,
)
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.handing_out import verified
from exchange.usecases.viewing import find_readable
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import AuditEvent, LogEntryType


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectEvidence:
    """A wish for evidence; `agency` narrows it to what one agency may see."""

    caller: Caller
    envelope_id: EnvelopeId
    agency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found.

    Args:
        receipts: step receipts in the order of recording.
        statuses: status envelopes that some of these receipts answer.
        entries: the log entries of the acceptance and of these receipts.
    """

    envelope: Envelope
    receipts: tuple[StoredReceipt, ...]
    statuses: tuple[Envelope, ...]
    entries: tuple[SequencedLogEntry, ...]


async def collect_evidence(services: Services, command: CollectEvidence) -> Evidence:
    """Gather evidence, waiting a little for log entries that have no index yet.

    Raises:
        ExchangeError: there is no such envelope for this caller, its payload is not
            open to it (STEP_NOT_ALLOWED), or the log does not keep up
            (SERVICE_UNAVAILABLE).
    """
    # A bundle holds the body, so it opens no sooner than the body itself.
    found = await find_readable(
        services, command.caller, command.envelope_id, agency=command.agency
    )
    store = services.storage.envelopes
    receipts = found.view.receipts(await store.receipts(command.envelope_id))
    answered = {one.status_envelope for one in receipts}
    statuses = [
        one
        for one in await store.statuses_of(command.envelope_id)
        if one.envelope_id in answered
    ]
    wanted = {one.entry_id for one in receipts}
    evidence = Evidence(
        envelope=found.envelope,
        receipts=receipts,
        statuses=tuple(statuses),
        entries=await _entries(services, [found.envelope, *statuses], wanted),
    )
    await services.storage.audit.append(_audit(services, command))
    return evidence


async def body_of(services: Services, envelope: Envelope) -> bytes:
    """Return the raw body of an envelope, checked."""
    chunks: AsyncIterator[bytes] = verified(
        services.storage.envelopes.read_body(envelope.envelope_id),
        sha256=envelope.body_sha256,
        place=envelope.envelope_id,
    )
    return b"".join([chunk async for chunk in chunks])


async def _entries(
    services: Services, envelopes: Sequence[Envelope], wanted: Collection[str]
) -> tuple[SequencedLogEntry, ...]:
    await _sequenced(services, envelopes)
    log = services.storage.log
    found = [
        one for each in envelopes for one in await log.entries_of(each.envelope_id)
    ]
    proving = (
        one
        for one in found
        if one.entry.entry_type is LogEntryType.ACCEPTED or one.entry.entry_id in wanted
    )
    return tuple(sorted(proving, key=lambda one: one.index))


async def _sequenced(services: Services, envelopes: Sequence[Envelope]) -> None:
    """Wait until none of these envelopes has an entry without index."""
    with suppress(TimeoutError):
        async with asyncio.timeout(services.limits.evidence_wait_seconds):
            while True:
                news = services.signals.sequenced.ticket()
                if not await _pending(services, envelopes):
                    return
                await news.wait()
    raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="log")


async def _pending(services: Services, envelopes: Sequence[Envelope]) -> bool:
    for one in envelopes:
        if await services.storage.log.pending_of(one.envelope_id):
            return True
    return False


def _audit(services: Services, command: CollectEvidence) -> AuditLine:
    return audit_line(
        AuditEvent.EVIDENCE_READ,
        at=services.now(),
        actor=command.caller.system.system_id,
        subject=command.envelope_id,
    )
