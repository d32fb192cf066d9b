"""Agencies and systems in memory."""

from collections.abc import Callable, Collection, Mapping, Sequence

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import Agency, System
from exchange.domain.records import AuditLine
from exchange.storage.conflicts import (
    agency_code_taken,
    certificate_taken,
    directory_conflict,
)
from exchange.storage.memory.tables import Tables
from schemas.identifiers import OrganId, SystemId


class MemoryDirectory:
    """Agencies and the systems that act for them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def import_agencies(
        self,
        agencies: Sequence[Agency],
        *,
        audit: AuditLine,
        before: int | None = None,
        entry: PendingLogEntry | None = None,
        told: Callable[[int], object] | None = None,
    ) -> int:
        """Insert or replace agencies by code; return the new directory version."""
        tables = self._tables
        if before is not None and before != tables.directory_version:
            raise directory_conflict(tables.directory_version)
        changed = {
            one.code: one for one in agencies if tables.agencies.get(one.code) != one
        }
        if changed:
            merged = {**tables.agencies, **changed}
            require_distinct(merged.values())
            tables.agencies = merged
            tables.directory_version += 1
            version = tables.directory_version
            tables.agency_versions.update(dict.fromkeys(changed, version))
            if told is not None:
                told(len(changed))
            tables.audit.append(audit)
            if entry is not None:
                tables.pending[entry.entry_id] = entry
        return tables.directory_version

    async def agency(self, code: OrganId) -> Agency | None:
        """Find an agency by either form of its code."""
        by_2016 = (one for one in self._tables.agencies.values() if one.code_2016)
        return self._tables.agencies.get(code) or next(
            (one for one in by_2016 if one.code_2016 == code), None
        )

    async def agencies(self) -> Sequence[Agency]:
        """All agencies, ordered by code."""
        return sorted(self._tables.agencies.values(), key=lambda one: one.code)

    async def version(self) -> int:
        """The directory's version; 0 when empty."""
        return self._tables.directory_version

    async def register_system(self, system: System, *, audit: AuditLine) -> None:
        """Insert or replace a system by its id."""
        for other in self._tables.systems.values():
            taken = other.certificates & system.certificates
            if taken and other.system_id != system.system_id:
                raise certificate_taken(system.system_id)
        self._tables.systems[system.system_id] = system
        self._tables.audit.append(audit)

    async def systems_by_certificates(
        self, sha256s: Collection[str]
    ) -> Mapping[str, System]:
        """Find by each of these client certificates the system that owns it."""
        return {
            sha256: one
            for one in self._tables.systems.values()
            for sha256 in one.certificates.intersection(sha256s)
        }

    async def system(self, system_id: SystemId) -> System | None:
        """Find a system by its id."""
        return self._tables.systems.get(system_id)


def require_distinct(agencies: Collection[Agency]) -> None:
    """Require that no two agencies have one 2016 code.

    Raises:
        ExchangeError: two have (DIRECTORY_IMPORT_INVALID).
    """
    seen: set[OrganId] = set()
    for code in (one.code_2016 for one in agencies if one.code_2016):
        if code in seen:
            raise agency_code_taken(code)
        seen.add(code)
