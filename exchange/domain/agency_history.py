"""What is stored of changes of agencies."""

from dataclasses import dataclass

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import Agency
from exchange.domain.records import AuditLine
from exchange.domain.rights import AccountChange, SystemChange
from schemas.agency_event import AgencyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """A change as it is on record.

    Args:
        version: of the directory, since this change.
        entry_digest: leaf hash of its log entry, in lower hexadecimal.
    """

    event: AgencyEvent
    version: int
    entry_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChange:
    """Everything that becomes durable with one change of agencies.

    Args:
        before: the version of the directory it was decided on, else nothing is stored.
        agencies: rows to insert or replace.
        systems: where rights go over to another code.
        accounts: people whose roles do. A system or an account that somebody changed
            meanwhile, and nothing is stored either.
    """

    before: int
    event: AgencyEvent
    agencies: tuple[Agency, ...]
    systems: tuple[SystemChange, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    entry: PendingLogEntry
    entry_digest: str
    audit: AuditLine

    @property
    def recorded(self) -> RecordedEvent:
        """The event as it is on record afterwards."""
        return RecordedEvent(
            event=self.event, version=self.before + 1, entry_digest=self.entry_digest
        )


@dataclass(frozen=True, slots=True)
class ChangedAgency:
    """An agency with the version of the directory that last changed it."""

    agency: Agency
    version: int
