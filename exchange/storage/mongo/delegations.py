"""Delegations in MongoDB."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from exchange.domain.delegations import FiledDelegation
from exchange.domain.records import AuditLine, PendingLogEntry
from exchange.storage.mongo import codec
from exchange.storage.mongo.agency_codec import delegation_document, delegation_record
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Session, in_transaction, insert
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
            work = partial(self._file, delegation_document(filed), entry, audit)
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
        work = partial(self._revoke, delegation_id, at, entry, audit)
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

    async def _file(
        self,
        document: Document,
        entry: PendingLogEntry,
        audit: AuditLine,
        session: Session,
    ) -> None:
        await insert(self._delegations, [document], session)
        await self._trace(entry, audit, session)

    async def _revoke(
        self,
        delegation_id: str,
        at: datetime,
        entry: PendingLogEntry,
        audit: AuditLine,
        session: Session,
    ) -> None:
        revoked = await self._delegations.update_one(
            {"_id": delegation_id, "revoked_at": None},
            {"$set": {"revoked_at": at}},
            session=session,
        )
        if revoked.matched_count:
            await self._trace(entry, audit, session)

    async def _trace(
        self, entry: PendingLogEntry, audit: AuditLine, session: Session
    ) -> None:
        waiting = codec.pending_document(entry, 0)
        await insert(self._database["log_pending"], [waiting], session)
        line = codec.audit_document(audit)
        await insert(self._database["audit"], [line], session)
