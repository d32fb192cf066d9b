"""How much of each CA's journal is in the log."""

from collections.abc import Collection, Sequence
from typing import Protocol

from exchange.domain.log_entries import (
    CaJournalPosition,
    CaJournalStep,
    SequencedLogEntry,
)


class CaJournalStore(Protocol):
    """How much of each CA's published journal is in the log."""

    async def position(self, label: str) -> CaJournalPosition:
        """Where the journal of one CA stands; number 0 when nothing is entered."""

    async def positions(self) -> Sequence[CaJournalPosition]:
        """Where all journals stand, ordered by label."""

    async def enter(self, step: CaJournalStep) -> CaJournalPosition:
        """Store the log entries and move the position, or store nothing.

        Nothing is stored when the position is at another number than `step.before`:
        somebody else entered these lines, or this is a repeat after a lost answer.

        Returns:
            The position as it is stored now; `step.after` if this step moved it.

        Raises:
            StateConflictError: the position is at the number of `step.before`, after
                other lines (JOURNAL_BROKEN).
        """

    async def entries(self, subjects: Collection[str]) -> Sequence[SequencedLogEntry]:
        """Sequenced entries about lines (`LABEL/NUMBER`), in log order."""
