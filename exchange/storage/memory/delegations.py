"""Delegations in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.delegations import FiledDelegation
from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import AuditLine
from exchange.storage.memory.tables import Tables
from schemas.identifiers import OrganId


class MemoryDelegations:
    """Delegations, as their delegators sealed them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def file(
        self, filed: FiledDelegation, *, entry: PendingLogEntry, audit: AuditLine
    ) -> FiledDelegation:
        """Store a delegation with log entry and audit line, or none."""
        stored = self._tables.delegations.get(filed.delegation_id)
        if stored is not None:
            return stored
        self._put(filed, entry, audit)
        return filed

    async def revoke(
        self,
        delegation_id: str,
        *,
        at: datetime,
        entry: PendingLogEntry,
        audit: AuditLine,
    ) -> FiledDelegation | None:
        """End a delegation, with log entry and audit line, or none."""
        stored = self._tables.delegations.get(delegation_id)
        if stored is None or stored.revoked_at is not None:
            return stored
        revoked = replace(stored, revoked_at=at)
        self._put(revoked, entry, audit)
        return revoked

    async def find(self, delegation_id: str) -> FiledDelegation | None:
        """Find a delegation."""
        return self._tables.delegations.get(delegation_id)

    async def given_by(self, delegator: OrganId) -> Sequence[FiledDelegation]:
        """All delegations of one delegator, the earliest filed first."""
        return [one for one in self._all() if one.delegation.delegator == delegator]

    async def given_to(self, delegate: OrganId) -> Sequence[FiledDelegation]:
        """All delegations to one delegate, the earliest filed first."""
        return [one for one in self._all() if one.delegation.delegate == delegate]

    def _all(self) -> list[FiledDelegation]:
        filed = self._tables.delegations.values()
        return sorted(filed, key=lambda one: (one.filed_at, one.delegation_id))

    def _put(
        self, filed: FiledDelegation, entry: PendingLogEntry, audit: AuditLine
    ) -> None:
        self._tables.delegations[filed.delegation_id] = filed
        self._tables.pending[entry.entry_id] = entry
        self._tables.audit.append(audit)
