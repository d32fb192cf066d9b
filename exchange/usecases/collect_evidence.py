"""Gather what proves the story of one envelope, as far as the caller may see it."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from exchange.domain.delegations import FiledDelegation
from exchange.domain.log_entries import SequencedLogEntry
from exchange.domain.records import AuditLine, Envelope, StoredReceipt
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.delegated_signing import delegations_behind, log_subjects
from exchange.usecases.viewing import find_envelope, open_payload
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import AuditEvent, LogEntryType
from signing.validation.archive import MAXIMUM_SIZE


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
        statuses: status envelopes that some of these receipts answer, and whose bodies
            are there.
        entries: the log entries of the acceptance, of these receipts and delegations.
        delegations: those that let a stranger sign the envelope.
    """

    envelope: Envelope
    receipts: tuple[StoredReceipt, ...]
    statuses: tuple[Envelope, ...]
    entries: tuple[SequencedLogEntry, ...]
    delegations: tuple[FiledDelegation, ...] = ()


async def collect_evidence(services: Services, command: CollectEvidence) -> Evidence:
    """Gather evidence, waiting a little for log entries that have no index yet.

    Raises:
        ExchangeError: there is no such envelope for this caller, its payload is not
            open to it (STEP_NOT_ALLOWED), it is more than a bundle holds
            (LIMIT_EXCEEDED), or the log does not keep up (SERVICE_UNAVAILABLE).
    """
    # A bundle holds the body, so it opens no sooner than the body itself.
    found = await find_envelope(
        services, command.caller, command.envelope_id, agency=command.agency
    )
    _require_room([found.envelope])
    await open_payload(services, found)
    store = services.storage.envelopes
    receipts = found.view.receipts(await store.receipts(command.envelope_id))
    answered = {one.status_envelope for one in receipts}
    statuses = [
        one
        for one in await store.statuses_of(command.envelope_id)
        if one.envelope_id in answered
    ]
    kept = tuple(one for one in statuses if one.purged_at is None)
    _require_room([found.envelope, *kept])
    delegations = await delegations_behind(services, found.envelope)
    evidence = Evidence(
        envelope=found.envelope,
        receipts=receipts,
        statuses=kept,
        entries=await _entries(
            services,
            (found.envelope.envelope_id, *(one.envelope_id for one in statuses)),
            {one.entry_id for one in receipts},
            delegations,
        ),
        delegations=delegations,
    )
    await services.storage.audit.append(_audit(services, command))
    return evidence


def _require_room(held: Iterable[Envelope]) -> None:
    """Require that a bundle holds these bodies, before any of them is read."""
    if sum(one.size for one in held) > MAXIMUM_SIZE:
        raise ExchangeError(ErrorCode.LIMIT_EXCEEDED, place="bundle")


async def _entries(
    services: Services,
    envelopes: Sequence[EnvelopeId],
    wanted: Collection[str],
    delegations: Sequence[FiledDelegation],
) -> tuple[SequencedLogEntry, ...]:
    subjects = [one for each in delegations for one in log_subjects(each)]
    await _sequenced(services, [*envelopes, *subjects])
    log = services.storage.log
    found = [one for each in envelopes for one in await log.entries_of(each)]
    proving = [
        one
        for one in found
        if one.entry.entry_type is LogEntryType.ACCEPTED or one.entry.entry_id in wanted
    ]
    for subject in subjects:
        proving.extend(await log.entries_of(subject))
    return tuple(sorted(proving, key=lambda one: one.index))


async def _sequenced(services: Services, subjects: Sequence[EnvelopeId]) -> None:
    """Wait until nothing about these has an entry without index."""
    with suppress(TimeoutError):
        async with asyncio.timeout(services.limits.evidence_wait_seconds):
            while True:
                news = services.signals.sequenced.ticket()
                if not await _pending(services, subjects):
                    return
                await news.wait()
    raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="log")


async def _pending(services: Services, subjects: Sequence[EnvelopeId]) -> bool:
    for one in subjects:
        if await services.storage.log.pending_of(one):
            return True
    return False


def _audit(services: Services, command: CollectEvidence) -> AuditLine:
    return audit_line(
        AuditEvent.EVIDENCE_READ,
        at=services.now(),
        actor=command.caller.system.system_id,
        subject=command.envelope_id,
    )
