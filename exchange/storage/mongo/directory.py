"""Agencies and systems in MongoDB."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from pymongo import ReplaceOne, UpdateMany

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import Agency, System
from exchange.domain.records import AuditLine
from exchange.storage.conflicts import (
    agency_code_taken,
    certificate_taken,
    directory_conflict,
)
from exchange.storage.mongo import codec
from exchange.storage.mongo.agency_codec import agency_document, agency_record
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction
from schemas.identifiers import OrganId, SystemId

_WRITTEN_AT_ONCE = 1000


class MongoDirectory:
    """Agencies and the systems that act for them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._agencies = database["agencies"]
        self._systems = database["systems"]
        self._meta = database["meta"]

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

        Raises:
            ExchangeError: two agencies with one 2016 code (DIRECTORY_IMPORT_INVALID).
            StateConflictError: `before` is given and is not the directory's version.
        """
        work = partial(self._import, agencies, (audit, entry), before, told)
        try:
            await in_transaction(self._database, work)
        except DuplicateError as error:
            raise agency_code_taken(OrganId(error.place)) from error
        return await self.version()

    async def agency(self, code: OrganId) -> Agency | None:
        """Find an agency by either form of its code."""
        found = await find_one(self._agencies, {"_id": code}) or await find_one(
            self._agencies, {"code_2016": code}
        )
        return None if found is None else agency_record(found)

    async def agencies(self) -> Sequence[Agency]:
        """All agencies, ordered by code."""
        found = await find_all(self._agencies, {}, sort=[("_id", 1)])
        return [agency_record(one) for one in found]

    async def version(self) -> int:
        """The directory's version; 0 when empty."""
        found = await find_one(self._meta, {"_id": "directory"})
        return 0 if found is None else int(found["version"])

    async def register_system(self, system: System, *, audit: AuditLine) -> None:
        """Insert or replace a system by its id.

        Raises:
            ExchangeError: another system has one of its certificates
                (CLIENT_CERTIFICATE_REFUSED).
        """
        work = partial(_register, system, audit)
        try:
            await in_transaction(self._database, work)
        except DuplicateError as error:
            raise certificate_taken(system.system_id) from error

    async def systems_by_certificates(
        self, sha256s: Collection[str]
    ) -> Mapping[str, System]:
        """Find by each of these client certificates the system that owns it."""
        wanted = {"certificates": {"$in": sorted(sha256s)}}
        found = await find_all(self._systems, wanted, sort=[("_id", 1)])
        return {
            sha256: system
            for system in map(codec.system_record, found)
            for sha256 in system.certificates.intersection(sha256s)
        }

    async def system(self, system_id: SystemId) -> System | None:
        """Find a system by its id."""
        found = await find_one(self._systems, {"_id": system_id})
        return None if found is None else codec.system_record(found)

    def _import(
        self,
        agencies: Sequence[Agency],
        traces: tuple[AuditLine, PendingLogEntry | None],
        before: int | None,
        told: Callable[[int], object] | None,
        transaction: Transaction,
    ) -> None:
        audit, entry = traces
        meta = transaction.find_one("meta", {"_id": "directory"})
        version = int((meta or {"version": 0})["version"])
        if before is not None and before != version:
            raise directory_conflict(version)
        documents = _changed(
            {one.code: agency_document(one) for one in agencies}, transaction
        )
        if not documents:
            return
        changes = [
            ReplaceOne({"_id": code}, {**one, "version": version + 1}, upsert=True)
            for code, one in documents.items()
        ]
        for begin in range(0, len(changes), _WRITTEN_AT_ONCE):
            part = changes[begin : begin + _WRITTEN_AT_ONCE]
            transaction.change("agencies", part)
            if told is not None:
                told(begin + len(part))
        change = {"$set": {"version": version + 1}}
        transaction.update_one("meta", {"_id": "directory"}, change)
        transaction.insert("audit", [codec.audit_document(audit)])
        if entry is not None:
            transaction.insert("log_pending", [codec.pending_document(entry)])


def _changed(
    documents: Mapping[OrganId, Document], transaction: Transaction
) -> Mapping[OrganId, Document]:
    """Return the documents that are not stored as they are.

    Whatever order they are written in: 2016 codes that change are given up first, since
    another one of them may take it, and no two have it at any time.
    """
    known = transaction.find_all("agencies", {"_id": {"$in": list(documents)}})
    stored = {one["_id"]: one for one in known}
    changed = {
        code: one
        for code, one in documents.items()
        if {**stored.get(code, {}), "version": None} != {**one, "version": None}
    }
    given_up = [
        code
        for code, one in changed.items()
        if stored.get(code, {}).get("code_2016") not in {None, one.get("code_2016")}
    ]
    if given_up:
        gone = {"$unset": {"code_2016": ""}}
        transaction.change("agencies", [UpdateMany({"_id": {"$in": given_up}}, gone)])
    return changed


def _register(system: System, audit: AuditLine, transaction: Transaction) -> None:
    key, document = {"_id": system.system_id}, codec.system_document(system)
    transaction.replace_one("systems", key, document, upsert=True)
    transaction.insert("audit", [codec.audit_document(audit)])
