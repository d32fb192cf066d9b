"""Delegations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from exchange.domain.delegations import FiledDelegation
from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import AuditLine
from schemas.identifiers import OrganId


class DelegationStore(Protocol):
    """Delegations, as their delegators sealed them."""

    async def file(
        self, filed: FiledDelegation, *, entry: PendingLogEntry, audit: AuditLine
    ) -> FiledDelegation:
        """Store a delegation with log entry and audit line, or none.

        One that is stored already is returned as stored.
        """

    async def revoke(
        self,
        delegation_id: str,
        *,
        at: datetime,
        entry: PendingLogEntry,
        audit: AuditLine,
    ) -> FiledDelegation | None:
        """End a delegation, with log entry and audit line, or none.

        One that was revoked before is returned as stored; None if there is none.
        """

    async def find(self, delegation_id: str) -> FiledDelegation | None:
        """Find a delegation."""

    async def given_by(self, delegator: OrganId) -> Sequence[FiledDelegation]:
        """All delegations of one delegator, the earliest filed first."""

    async def given_to(self, delegate: OrganId) -> Sequence[FiledDelegation]:
        """All delegations to one delegate, the earliest filed first."""
