"""Positions of the CAs' journals in memory."""

from collections.abc import Collection, Sequence

from exchange.domain.log_entries import (
    CaJournalPosition,
    CaJournalStep,
    SequencedLogEntry,
)
from exchange.storage.conflicts import journal_conflict
from exchange.storage.memory.tables import Tables


class MemoryCaJournals:
    """How much of each CA's published journal is in the log."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def position(self, label: str) -> CaJournalPosition:
        """Where the journal of one CA stands; number 0 when nothing is entered."""
        return self._tables.ca_journals.get(label, CaJournalPosition(label=label))

    async def positions(self) -> Sequence[CaJournalPosition]:
        """Where all journals stand, ordered by label."""
        return [one for _, one in sorted(self._tables.ca_journals.items())]

    async def enter(self, step: CaJournalStep) -> CaJournalPosition:
        """Store the log entries and move the position, or store nothing."""
        stored = await self.position(step.before.label)
        if stored.number != step.before.number:
            return stored
        if stored != step.before:
            raise journal_conflict(stored)
        for entry in step.entries:
            self._tables.pending[entry.entry_id] = entry
        self._tables.ca_journals[step.after.label] = step.after
        return step.after

    async def entries(self, subjects: Collection[str]) -> Sequence[SequencedLogEntry]:
        """Sequenced entries about lines (`LABEL/NUMBER`), in log order."""
        wanted = frozenset(subjects)
        return [one for one in self._tables.entries if one.entry.envelope_id in wanted]
