"""Collections and their indexes; what documents look like is in `migrations`."""

import asyncio
from typing import Final

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from exchange.domain.notices import NoticeState
from exchange.storage.mongo.bodies import UNCLAIMED
from exchange.storage.mongo.driver import Database, available
from exchange.storage.mongo.upgrading import put_once, upgrade
from schemas.vocabulary import DeliveryState

_NOTICES_KEPT_SECONDS: Final = 30 * 24 * 3600
_NAMESPACE_EXISTS: Final = 48  # MongoDB error code
_INDEX_NOT_FOUND: Final = 27
UNCHECKED: Final = (DeliveryState.ACCEPTED.value, DeliveryState.CHECKING.value)
OFFERED: Final = (DeliveryState.AVAILABLE.value, DeliveryState.LEASED.value)
OPEN: Final = (
    *UNCHECKED,
    *OFFERED,
    DeliveryState.FAILED.value,
    DeliveryState.DEAD_LETTER.value,
    DeliveryState.HELD.value,
    DeliveryState.QUARANTINED.value,
)

_INDEXES: Final = {
    "agencies": (
        IndexModel(
            "code_2016",
            unique=True,
            partialFilterExpression={"code_2016": {"$exists": True}},
        ),
        # What changed since a version.
        IndexModel(["version", "_id"]),
    ),
    "agency_events": (IndexModel("agencies"), IndexModel("results")),
    "recipient_lists": (),
    "delegations": (IndexModel("delegator"), IndexModel("delegate")),
    "systems": (
        IndexModel("acts_for.agency"),
        IndexModel(
            "certificates",
            unique=True,
            partialFilterExpression={"certificates": {"$exists": True}},
        ),
    ),
    "envelopes": (
        # What people look through: the newest first.
        IndexModel(["sender", "kind", "_id"]),
        IndexModel(["system", "sender", "message_id"], unique=True),
        IndexModel(
            "status_of", partialFilterExpression={"status_of": {"$exists": True}}
        ),
        # A document by either of its names, the oldest first.
        IndexModel(
            ["sender", "document_id", "_id"],
            name="by_document_id",
            partialFilterExpression={"kind": "document"},
        ),
        IndexModel(
            ["sender", "document_code", "year", "_id"],
            name="by_code",
            partialFilterExpression={"kind": "document"},
        ),
        # What is tied to an earlier envelope.
        IndexModel(
            ["links.envelope", "_id"],
            name="linked",
            partialFilterExpression={"links": {"$exists": True}},
        ),
    ),
    "bodies": (
        # What a system has under way.
        IndexModel(
            ["upload.system", "state"],
            name="uploads",
            partialFilterExpression={"upload": {"$exists": True}},
        ),
        # What no envelope claimed, by when it was begun; it leaves with the state.
        IndexModel(
            "begun_at",
            name="unclaimed",
            partialFilterExpression={"state": {"$in": list(UNCLAIMED)}},
        ),
    ),
    "body_chunks": (),
    "deliveries": (
        # The inbox: only what is visible is in it.
        IndexModel(
            ["recipient", "log_index"],
            partialFilterExpression={"log_index": {"$exists": True}},
        ),
        # What waits for its check and is urgent; it leaves with the state.
        IndexModel(
            [("urgency", -1), ("envelope", 1), ("state", 1)],
            name="unchecked_urgent",
            partialFilterExpression={
                "state": {"$in": list(UNCHECKED)},
                "urgency": {"$gt": 0},
            },
        ),
        # What a poller may have to itself.
        IndexModel(
            ["recipient", "state", "log_index"],
            name="offered",
            partialFilterExpression={"state": {"$in": list(OFFERED)}},
        ),
        # What is not done with: it waits for its check, its recipient or an operator.
        IndexModel(
            ["state", "_id"],
            name="open",
            partialFilterExpression={"state": {"$in": list(OPEN)}},
        ),
        # What failed, by when it is offered again; it leaves with the state.
        IndexModel(
            ["retry.retry_at", "_id"],
            name="failed",
            partialFilterExpression={"state": DeliveryState.FAILED.value},
        ),
        # What a sender keeps track of.
        IndexModel(
            ["sender", "state", "_id"],
            name="sent",
            partialFilterExpression={"sender": {"$exists": True}},
        ),
    ),
    "receipts": (),
    "docket": (
        # What is to be looked at again.
        IndexModel(
            ["next_at", "_id"],
            name="to_look_at",
            partialFilterExpression={"next_at": {"$exists": True}},
        ),
        # What is late, by those who are told, and all of it.
        IndexModel(
            ["told", "_id"],
            name="late",
            partialFilterExpression={"told": {"$exists": True}},
        ),
        IndexModel(
            ["envelope", "_id"],
            name="late_to_anybody",
            partialFilterExpression={"told": {"$exists": True}},
        ),
        # A register of what arrived.
        IndexModel(["recipient", "arrived_at", "_id"]),
    ),
    "statistics": (
        IndexModel(["month", "agency"]),
        # Of an agency and those below it.
        IndexModel(["above", "month", "agency"]),
    ),
    "level_sums": (IndexModel(["above", "month", "level"]),),
    "register_numbers": (IndexModel(["recipient", "year", "number"], unique=True),),
    "log_pending": (
        IndexModel("envelope"),
        # What goes ahead of others.
        IndexModel(
            [("urgency", -1), ("_id", 1)],
            name="urgent",
            partialFilterExpression={"urgency": {"$gt": 0}},
        ),
    ),
    "log": (IndexModel(["envelope", "_id"]),),
    "ca_journals": (),
    "signings": (IndexModel("prepared_at"),),
    "signing_tasks": (
        IndexModel("asked_at"),
        IndexModel(["account", "_id"]),
        IndexModel(
            "code_digest",
            partialFilterExpression={"code_digest": {"$exists": True}},
        ),
    ),
    "accounts": (
        IndexModel(
            "certificates",
            unique=True,
            partialFilterExpression={"certificates": {"$exists": True}},
        ),
        IndexModel(
            "identities",
            unique=True,
            partialFilterExpression={"identities": {"$exists": True}},
        ),
    ),
    "controls": (),
    "usage": (),
    "sessions": (IndexModel("account"), IndexModel("begun_at")),
    "subscriptions": (IndexModel("agency"),),
    "notices": (
        # What is due first of each subscription: it is found without what is behind it.
        IndexModel(
            ["state", "subscription", "next_at", "_id", "channel"],
            name="waiting_of_each",
            partialFilterExpression={"state": NoticeState.WAITING.value},
        ),
        # What became of the notices of one subscription.
        IndexModel(["subscription", "state", "_id"], name="of_one"),
        IndexModel(
            ["state", "_id"],
            name="given_up",
            partialFilterExpression={"state": NoticeState.DEAD_LETTER.value},
        ),
        # What was sent is of no use after a month.
        IndexModel("sent_at", name="sent", expireAfterSeconds=_NOTICES_KEPT_SECONDS),
    ),
    "audit": (
        IndexModel(["at", "_id"]),
        # What auditors narrow it by, the newest first.
        IndexModel(["event", "at", "_id"]),
        IndexModel(["actor", "at", "_id"]),
        IndexModel(["subject", "at", "_id"]),
    ),
    "leases": (),
    "meta": (),
}

COLLECTIONS: Final = tuple(_INDEXES)

_REPLACED: Final = {
    "deliveries": ("unchecked", "unsettled", "waiting"),
    "notices": ("due",),
}
"""Indexes of earlier layouts, by which nothing is looked up any more."""


async def prepare(database: Database) -> None:
    """Bring the layout up to date and create what is missing.

    Running it again, or twice at a time, changes nothing.

    Raises:
        ExchangeError: the database was written by a later version (DATABASE_NEWER).
    """
    await upgrade(database)
    await create_missing(database)
    await _drop_replaced(database)


async def create_missing(database: Database) -> None:
    """Create the collections and indexes that are missing.

    Raises:
        ExchangeError: what is stored contradicts a unique index.
    """
    async with available():
        present = set(await database.list_collection_names())
        missing = [name for name in _INDEXES if name not in present]
        await asyncio.gather(*(_create(database, name) for name in missing))
        await asyncio.gather(*(_index(database, name) for name in _INDEXES))
        await put_once(database, "directory", {"version": 0})
        await put_once(database, "log", {"size": 0, "frontier": []})


async def _create(database: Database, name: str) -> None:
    try:
        await database.command("create", name)
    except OperationFailure as error:
        # Another process that starts at the same time was faster.
        if error.code != _NAMESPACE_EXISTS:
            raise


async def _index(database: Database, name: str) -> None:
    if _INDEXES[name]:
        await database[name].create_indexes(list(_INDEXES[name]))


async def _drop_replaced(database: Database) -> None:
    async with available():
        for name, replaced in _REPLACED.items():
            present = await database[name].index_information()
            for one in replaced:
                if one in present:
                    await _drop(database, name, one)


async def _drop(database: Database, name: str, index: str) -> None:
    try:
        await database[name].drop_index(index)
    except OperationFailure as error:
        # Another process that starts at the same time was faster.
        if error.code != _INDEX_NOT_FOUND:
            raise
