"""The history of agencies: events, versions, and who acts for whom."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from exchange.domain.agency_history import (
    ChangedAgency,
    DirectoryChange,
    RecordedEvent,
)
from exchange.domain.parties import System
from schemas.identifiers import OrganId


class AgencyHistoryStore(Protocol):
    """Changes of agencies, and the directory by its versions."""

    async def apply(self, change: DirectoryChange) -> RecordedEvent:
        """Store rows, systems, accounts, event, log entry and audit lines, or none.

        The same event again, after its answer was lost, is returned as stored.

        Raises:
            StateConflictError: the directory is not at `before`, or a system or an
                account is not as it was found (AGENCY_CHANGE_REFUSED).
            ExchangeError: a 2016 code is taken (DIRECTORY_IMPORT_INVALID).
        """

    async def events(self, event_ids: Collection[str]) -> Mapping[str, RecordedEvent]:
        """Find events by their ids."""

    async def log_indexes(self, event_ids: Collection[str]) -> Mapping[str, int]:
        """Where the log holds events, without those that wait for their index."""

    async def events_of(self, code: OrganId) -> Sequence[RecordedEvent]:
        """Events that name an agency, in the order of recording."""

    async def changes(
        self, since: int, *, after: OrganId | None = None, limit: int
    ) -> Sequence[ChangedAgency]:
        """Agencies changed after version `since`, by version and code.

        With `after`: in version `since` itself, the codes after this one, too.
        """

    async def systems_of(self, codes: Collection[OrganId]) -> Sequence[System]:
        """Systems that have or had a right to act for one of the agencies."""
