"""What a journal says about the certificates of a CA, read from its first entry on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pki.errors import PkiError
from pki.journal.store import CaAction, JournalEntry
from pki.registry.records import STATE_CHANGES
from schemas.errors import ErrorCode

TAKEN_OVER = "taken_over"
"""Fact of a certificate that is older than the journal, so was not begun in it."""


@dataclass(slots=True)
class JournalReplay:
    """The registry as its journal tells it; serial numbers in lower hexadecimal.

    Args:
        begun: facts of every issuance that was begun.
        issued: facts of every certificate.
        states: facts of what is revoked or suspended.
        list_number: of the last list; 0 before the first.
    """

    begun: dict[str, Mapping[str, str]] = field(default_factory=dict)
    issued: dict[str, Mapping[str, str]] = field(default_factory=dict)
    states: dict[str, Mapping[str, str]] = field(default_factory=dict)
    list_number: int = 0

    def apply(self, entry: JournalEntry) -> None:
        """Take in one entry.

        Raises:
            PkiError: it cannot follow what was before (JOURNAL_BROKEN).
        """
        if not self._is_possible(entry):
            raise PkiError(ErrorCode.JOURNAL_BROKEN, place=str(entry.number))
        subject, facts = entry.subject, entry.facts
        if entry.action is CaAction.ISSUANCE_BEGUN:
            self.begun[subject] = facts
        elif entry.action is CaAction.CERTIFICATE_ISSUED:
            self.issued[subject] = facts
        elif entry.action is CaAction.CERTIFICATE_RELEASED:
            del self.states[subject]
        elif entry.action in STATE_CHANGES:
            self.states[subject] = facts
        elif entry.action is CaAction.LIST_PUBLISHED:
            self.list_number = int(subject)

    def _is_possible(self, entry: JournalEntry) -> bool:
        subject = entry.subject
        if entry.action is CaAction.ISSUANCE_BEGUN:
            return subject not in self.begun and subject not in self.issued
        if entry.action is CaAction.CERTIFICATE_ISSUED:
            known = subject in self.begun or TAKEN_OVER in entry.facts
            return known and subject not in self.issued
        if entry.action is CaAction.CERTIFICATE_RELEASED:
            return subject in self.states
        if entry.action in STATE_CHANGES:
            return subject in self.issued
        if entry.action is CaAction.LIST_PUBLISHED:
            return subject.isdecimal() and int(subject) > self.list_number
        return True


def replay(entries: Iterable[JournalEntry]) -> JournalReplay:
    """Read entries from the first one on.

    Raises:
        PkiError: one cannot follow what was before (JOURNAL_BROKEN with its number).
    """
    told = JournalReplay()
    for entry in entries:
        told.apply(entry)
    return told
