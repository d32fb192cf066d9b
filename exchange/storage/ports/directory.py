"""Agencies and the systems that act for them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import Agency, System
from exchange.domain.records import AuditLine
from schemas.identifiers import OrganId, SystemId


class DirectoryStore(Protocol):
    """Agencies and the systems that act for them."""

    async def import_agencies(
        self,
        agencies: Sequence[Agency],
        *,
        audit: AuditLine,
        before: int | None = None,
        entry: PendingLogEntry | None = None,
        told: Callable[[int], object] | None = None,
    ) -> int:
        """Insert or replace agencies by code; return the new directory version.

        Importing what is already there changes nothing and keeps the version; only
        what changes something leaves the audit line, and the log entry if there is one.
        `told` is told how many are written.

        Raises:
            StateConflictError: `before` is given and is not the directory's version.
        """

    async def agency(self, code: OrganId) -> Agency | None:
        """Find an agency by either form of its code."""

    async def agencies(self) -> Sequence[Agency]:
        """All agencies, ordered by code."""

    async def version(self) -> int:
        """The directory's version; 0 when empty."""

    async def register_system(self, system: System, *, audit: AuditLine) -> None:
        """Insert or replace a system by its id."""

    async def systems_by_certificates(
        self, sha256s: Collection[str]
    ) -> Mapping[str, System]:
        """Find by each of these client certificates the system that owns it."""

    async def system(self, system_id: SystemId) -> System | None:
        """Find a system by its id."""
