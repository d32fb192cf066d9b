"""Saved lists of recipients in MongoDB."""

from collections.abc import Collection, Sequence
from functools import partial

from exchange.domain.recipient_lists import RecipientList
from exchange.domain.records import AuditLine
from exchange.storage.mongo import codec
from exchange.storage.mongo.agency_codec import (
    list_document,
    list_key,
    list_record,
    lists_of,
)
from exchange.storage.mongo.driver import Database, find_all, find_one
from exchange.storage.mongo.transactions import Transaction, in_transaction
from schemas.identifiers import OrganId


class MongoRecipientLists:
    """Lists of recipients, by their owner and name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists = database["recipient_lists"]

    async def save(self, saved: RecipientList, *, audit: AuditLine) -> None:
        """Insert or replace a list."""
        await in_transaction(self._database, partial(_save, saved, audit))

    async def remove(self, owner: OrganId, name: str, *, audit: AuditLine) -> bool:
        """Remove a list; False if there is none."""
        work = partial(_remove, list_key(owner, name), audit)
        return await in_transaction(self._database, work)

    async def find(self, owner: OrganId, name: str) -> RecipientList | None:
        """Find a list."""
        found = await find_one(self._lists, {"_id": list_key(owner, name)})
        return None if found is None else list_record(found)

    async def lists(self, owner: OrganId) -> Sequence[RecipientList]:
        """All lists of an agency, ordered by name."""
        found = await find_all(self._lists, lists_of(owner), sort=[("_id", 1)])
        return [list_record(one) for one in found]

    async def naming(self, members: Collection[OrganId]) -> Sequence[RecipientList]:
        """Lists of all agencies that name one of `members` itself, by their keys."""
        named = {"members": {"$in": list(members)}}
        found = await find_all(self._lists, named, sort=[("_id", 1)])
        return [list_record(one) for one in found]


def _save(saved: RecipientList, audit: AuditLine, transaction: Transaction) -> None:
    document = list_document(saved)
    key = {"_id": document["_id"]}
    transaction.replace_one("recipient_lists", key, document, upsert=True)
    transaction.insert("audit", [codec.audit_document(audit)])


def _remove(key: str, audit: AuditLine, transaction: Transaction) -> bool:
    removed = transaction.delete_one("recipient_lists", {"_id": key})
    if removed.deleted_count:
        transaction.insert("audit", [codec.audit_document(audit)])
    return bool(removed.deleted_count)
