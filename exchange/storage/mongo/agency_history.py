"""The history of agencies in MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from pymongo import ReplaceOne

from exchange.domain.agency_history import (
    ChangedAgency,
    DirectoryChange,
    RecordedEvent,
)
from exchange.domain.parties import System
from exchange.domain.rights import AccountChange, SystemChange
from exchange.storage.conflicts import (
    account_conflict,
    agency_code_taken,
    directory_conflict,
    system_conflict,
)
from exchange.storage.mongo import agency_codec, codec
from exchange.storage.mongo.accounts import replace_account
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction
from schemas.identifiers import OrganId


class MongoAgencyHistory:
    """Changes of agencies, and the directory by its versions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._agencies = database["agencies"]
        self._events = database["agency_events"]

    async def apply(self, change: DirectoryChange) -> RecordedEvent:
        """Store rows, systems, accounts, event, log entry, audit lines, or none.

        Raises:
            StateConflictError: the directory is not at `before`, or a system or an
                account is not as it was found.
            ExchangeError: a 2016 code belongs to another agency.
        """
        stored = await self._stored(change)
        if stored is not None:
            return stored
        try:
            await in_transaction(self._database, partial(self._apply, change))
        except DuplicateError as error:
            stored = await self._stored(change)
            if stored is None:
                raise agency_code_taken(OrganId(error.place)) from error
            return stored
        return change.recorded

    async def events(self, event_ids: Collection[str]) -> Mapping[str, RecordedEvent]:
        """Find events by their ids."""
        wanted = {"_id": {"$in": sorted(event_ids)}}
        found = await find_all(self._events, wanted, sort=[("_id", 1)])
        return {one["_id"]: agency_codec.event_record(one) for one in found}

    async def log_indexes(self, event_ids: Collection[str]) -> Mapping[str, int]:
        """Where the log holds events, without those that wait for their index."""
        wanted = {"envelope": {"$in": sorted(event_ids)}}
        found = await find_all(self._database["log"], wanted, sort=[("_id", 1)])
        return {one["envelope"]: one["_id"] for one in found}

    async def events_of(self, code: OrganId) -> Sequence[RecordedEvent]:
        """Events that name an agency, in the order of recording."""
        named = {"$or": [{"agencies": code}, {"results": code}]}
        found = await find_all(self._events, named, sort=[("version", 1)])
        return [agency_codec.event_record(one) for one in found]

    async def changes(
        self, since: int, *, after: OrganId | None = None, limit: int
    ) -> Sequence[ChangedAgency]:
        """Agencies changed after version `since`, by version and code."""
        wanted: Document = {"version": {"$gt": since}}
        if after is not None:
            same = {"version": since, "_id": {"$gt": after}}
            wanted = {"$or": [wanted, same]}
        order = [("version", 1), ("_id", 1)]
        found = await find_all(self._agencies, wanted, sort=order, limit=limit)
        return [agency_codec.changed_record(one) for one in found]

    async def systems_of(self, codes: Collection[OrganId]) -> Sequence[System]:
        """Systems that have or had a right to act for one of the agencies."""
        wanted = {"acts_for.agency": {"$in": sorted(codes)}}
        found = await find_all(self._database["systems"], wanted, sort=[("_id", 1)])
        return [codec.system_record(one) for one in found]

    async def _stored(self, change: DirectoryChange) -> RecordedEvent | None:
        found = await find_one(self._events, {"_id": change.event.event_id})
        return None if found is None else agency_codec.event_record(found)

    def _apply(self, change: DirectoryChange, transaction: Transaction) -> None:
        """Move the version first: whoever is late stops here."""
        moved = transaction.update_one(
            "meta",
            {"_id": "directory", "version": change.before},
            {"$set": {"version": change.before + 1}},
        )
        if not moved.matched_count:
            raise directory_conflict(change.before)
        for one in change.systems:
            _change_system(one, transaction)
        for person in change.accounts:
            _change_account(person, transaction)
        rows = [agency_codec.agency_document(one) for one in change.agencies]
        versioned = [{**one, "version": change.before + 1} for one in rows]
        _replace_agencies(versioned, transaction)
        event = agency_codec.event_document(change.recorded)
        transaction.insert("agency_events", [event])
        entry = codec.pending_document(change.entry)
        transaction.insert("log_pending", [entry])
        transaction.insert("audit", [codec.audit_document(change.audit)])


def _replace_agencies(rows: Sequence[Document], transaction: Transaction) -> None:
    changes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in rows]
    if changes:
        transaction.change("agencies", changes)


def _change_system(change: SystemChange, transaction: Transaction) -> None:
    """Replace a system that is as it was; compared as records, as of any layout."""
    same = {"_id": change.before.system_id}
    found = transaction.find_one("systems", same)
    if found is None or codec.system_record(found) != change.before:
        raise system_conflict(change.before)
    transaction.replace_one("systems", same, codec.system_document(change.after))


def _change_account(change: AccountChange, transaction: Transaction) -> None:
    if not replace_account(change.after, transaction):
        raise account_conflict(change.before)
    transaction.insert("audit", [codec.audit_document(change.audit)])
