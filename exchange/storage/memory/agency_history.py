"""The history of agencies in memory."""

from collections.abc import Collection, Mapping, Sequence

from exchange.domain.agency_history import (
    ChangedAgency,
    DirectoryChange,
    RecordedEvent,
)
from exchange.domain.parties import System
from exchange.storage.conflicts import (
    account_conflict,
    directory_conflict,
    system_conflict,
)
from exchange.storage.memory.directory import require_distinct
from exchange.storage.memory.tables import Tables
from schemas.identifiers import OrganId


class MemoryAgencyHistory:
    """Changes of agencies, and the directory by its versions."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def apply(self, change: DirectoryChange) -> RecordedEvent:
        """Store rows, systems, accounts, event, log entry and audit lines, or none."""
        tables, event_id = self._tables, change.event.event_id
        if event_id in tables.agency_events:
            return tables.agency_events[event_id]
        self._require_unchanged(change)
        merged = {**tables.agencies, **{one.code: one for one in change.agencies}}
        require_distinct(merged.values())
        tables.agencies = merged
        tables.directory_version += 1
        for agency in change.agencies:
            tables.agency_versions[agency.code] = tables.directory_version
        for one in change.systems:
            tables.systems[one.after.system_id] = one.after
        for person in change.accounts:
            tables.accounts[person.after.account_id] = person.after
            tables.audit.append(person.audit)
        tables.agency_events[event_id] = change.recorded
        tables.pending[change.entry.entry_id] = change.entry
        tables.audit.append(change.audit)
        return change.recorded

    def _require_unchanged(self, change: DirectoryChange) -> None:
        tables = self._tables
        if tables.directory_version != change.before:
            raise directory_conflict(tables.directory_version)
        for one in change.systems:
            if tables.systems.get(one.before.system_id) != one.before:
                raise system_conflict(one.before)
        for person in change.accounts:
            stored = tables.accounts.get(person.before.account_id)
            if stored is None or stored.version != person.before.version:
                raise account_conflict(person.before)

    async def events(self, event_ids: Collection[str]) -> Mapping[str, RecordedEvent]:
        """Find events by their ids."""
        stored = self._tables.agency_events
        return {one: stored[one] for one in event_ids if one in stored}

    async def log_indexes(self, event_ids: Collection[str]) -> Mapping[str, int]:
        """Where the log holds events, without those that wait for their index."""
        wanted = set(event_ids)
        return {
            one.entry.envelope_id: one.index
            for one in self._tables.entries
            if one.entry.envelope_id in wanted
        }

    async def events_of(self, code: OrganId) -> Sequence[RecordedEvent]:
        """Events that name an agency, in the order of recording."""
        named = (
            one
            for one in self._tables.agency_events.values()
            if code in {*one.event.agencies, *one.event.results}
        )
        return sorted(named, key=lambda one: one.version)

    async def changes(
        self, since: int, *, after: OrganId | None = None, limit: int
    ) -> Sequence[ChangedAgency]:
        """Agencies changed after version `since`, by version and code."""
        versions = self._tables.agency_versions
        found = sorted(
            (versions[code], code)
            for code in self._tables.agencies
            if versions[code] > since
            or (after is not None and versions[code] == since and code > after)
        )
        agencies = self._tables.agencies
        return [ChangedAgency(agencies[code], at) for at, code in found[:limit]]

    async def systems_of(self, codes: Collection[OrganId]) -> Sequence[System]:
        """Systems that have or had a right to act for one of the agencies."""
        found = (
            one
            for one in self._tables.systems.values()
            if any(right.agency in codes for right in one.acts_for)
        )
        return sorted(found, key=lambda one: one.system_id)
