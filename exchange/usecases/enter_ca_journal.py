"""Enter what a CA published of its journal in the log.

The log then proves that the CA did these things, in this order and before that time;
what they were stays with the CA (docs/protocol.md, section 5).
"""

import asyncio
from dataclasses import asdict
from pathlib import Path

from exchange.domain.log_entries import CaJournalPosition, CaJournalStep
from exchange.services import Services
from exchange.usecases.attesting import log_entry, pending
from pki.journal.published import JournalMark, JournalPart, read_published_journal
from schemas.evidence import LogEntry
from schemas.vocabulary import LogEntryType

LINES_AT_ONCE = 1000
"""Lines of one transaction."""


async def enter_ca_journal(services: Services, path: Path) -> int:
    """Enter the next lines of one journal, and check all lines before them.

    Args:
        services: what the use cases work with.
        path: the published file; its name is the label of the CA.

    Returns:
        How many lines were read; `LINES_AT_ONCE` if there may be more.

    Raises:
        PkiError: as `read_published_journal`.
        StateConflictError: other lines were entered meanwhile (JOURNAL_BROKEN).
        StorageUnavailableError: whether they were entered is not known; repeat it.
    """
    before = await services.storage.ca_journals.position(path.stem)
    part = await asyncio.to_thread(
        read_published_journal, path, after=mark_of(before), limit=LINES_AT_ONCE
    )
    if part.digests:
        await services.storage.ca_journals.enter(_step(services, before, part))
        services.signals.recorded.ring()
    return len(part.digests)


def mark_of(position: CaJournalPosition) -> JournalMark:
    """Return the mark a position stands for."""
    return JournalMark(
        number=position.number,
        digest=position.digest,
        lines_sha256=position.lines_sha256,
    )


def line_subject(label: str, number: int) -> str:
    """Return what the log entry of one line is about."""
    return f"{label}/{number}"


def _step(
    services: Services, before: CaJournalPosition, part: JournalPart
) -> CaJournalStep:
    # The log is sequenced by these ids: behind those of the lines before, whichever
    # process entered them and whatever its clock said.
    ids = services.ids_after(before.entry_id)
    now = services.now()
    entries = tuple(
        pending(
            _entry(services, line_subject(before.label, number), digest),
            entry_id=ids.new(now),
        )
        for number, digest in enumerate(part.digests, start=before.number + 1)
    )
    after = CaJournalPosition(
        label=before.label, entry_id=entries[-1].entry_id, **asdict(part.end)
    )
    return CaJournalStep(before=before, entries=entries, after=after)


def _entry(services: Services, subject: str, digest: str) -> LogEntry:
    return log_entry(
        LogEntryType.CA_ACTION,
        at=services.now(),
        actor=services.hub.hub_id,
        subject=subject,
        data=digest.encode("ascii"),
    )
