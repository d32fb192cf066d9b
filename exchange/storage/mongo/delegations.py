"""Delegations in MongoDB."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from exchange.domain.delegations import FiledDelegation
from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import AuditLine
from exchange.storage.mongo import codec
from exchange.storage.mongo.agency_codec import delegation_document, delegation_record
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction
from schemas.identifiers import OrganId

_OLDEST_FIRST = [("filed_at", 1), ("_id", 1)]


class MongoDelegations:
    """Delegations, as their delegators sealed them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._delegations = database["delegations"]

    async def file(
        self, filed: FiledDelegation, *, entry: PendingLogEntry, audit: AuditLine
    ) -> FiledDelegation:
        """Store a delegation with log entry and audit line, or none."""
        with suppress(DuplicateError):
            work = partial(_file, delegation_document(filed), entry, audit)
            await in_transaction(self._database, work)
        return await self.find(filed.delegation_id) or filed

    async def revoke(
        self,
        delegation_id: str,
        *,
        at: datetime,
        entry: PendingLogEntry,
        audit: AuditLine,
    ) -> FiledDelegation | None:
        """End a delegation, with log entry and audit line, or none."""
        work = partial(_revoke, delegation_id, at, entry, audit)
        await in_transaction(self._database, work)
        return await self.find(delegation_id)

    async def find(self, delegation_id: str) -> FiledDelegation | None:
        """Find a delegation."""
        found = await find_one(self._delegations, {"_id": delegation_id})
        return None if found is None else delegation_record(found)

    async def given_by(self, delegator: OrganId) -> Sequence[FiledDelegation]:
        """All delegations of one delegator, the earliest filed first."""
        wanted = {"delegator": delegator}
        found = await find_all(self._delegations, wanted, sort=_OLDEST_FIRST)
        return [delegation_record(one) for one in found]

    async def given_to(self, delegate: OrganId) -> Sequence[FiledDelegation]:
        """All delegations to one delegate, the earliest filed first."""
        wanted = {"delegate": delegate}
        found = await find_all(self._delegations, wanted, sort=_OLDEST_FIRST)
        return [delegation_record(one) for one in found]


def _file(
    document: Document,
    entry: PendingLogEntry,
    audit: AuditLine,
    transaction: Transaction,
) -> None:
    transaction.insert("delegations", [document])
    _trace(entry, audit, transaction)


def _revoke(
    delegation_id: str,
    at: datetime,
    entry: PendingLogEntry,
    audit: AuditLine,
    transaction: Transaction,
) -> None:
    valid = {"_id": delegation_id, "revoked_at": None}
    revoked = transaction.update_one("delegations", valid, {"$set": {"revoked_at": at}})
    if revoked.matched_count:
        _trace(entry, audit, transaction)


def _trace(entry: PendingLogEntry, audit: AuditLine, transaction: Transaction) -> None:
    transaction.insert("log_pending", [codec.pending_document(entry)])
    transaction.insert("audit", [codec.audit_document(audit)])
