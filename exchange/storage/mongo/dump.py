"""All documents of a database as they were at one moment, and putting them back.

Reading is one snapshot over all collections: what was acknowledged before it began is
in it whole. The database is told to keep that moment as long as it is read
(`exchange.storage.mongo.history`); where it may not be told, it says after five minutes
that the moment is gone, rather than mix two.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from motor.core import AgnosticClientSession

from exchange.errors import ExchangeError
from exchange.storage.mongo.driver import (
    Client,
    Database,
    available,
    open_client,
    open_database,
)
from exchange.storage.mongo.history import HISTORY_GROWS_SECONDS, kept_history
from exchange.storage.mongo.schema import COLLECTIONS, create_missing
from exchange.storage.mongo.store import MongoStorage
from exchange.storage.mongo.upgrading import RESTORE, RESTORED
from schemas.errors import ErrorCode
from schemas.merkle import root

_PATIENCE_SECONDS: Final = 30.0
_CHUNKS_PER_FETCH: Final = 4
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
SAVED: Final = tuple(name for name in COLLECTIONS if name not in {"sessions", "leases"})
"""People sign in again, and leases are of processes that are gone."""

_PASSING: Final = ("upgrade", RESTORE, RESTORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedState:
    """What a snapshot is of.

    Args:
        layout: version of the documents.
        log_size: entries of the log.
        root_hash: of the tree over them.
    """

    layout: int
    log_size: int
    root_hash: bytes


class Snapshot:
    """A database at one moment."""

    def __init__(self, database: Database, session: AgnosticClientSession) -> None:
        self._database = database
        self._session = session

    async def state(self) -> SavedState:
        """Tell what this is of.

        Raises:
            ExchangeError: the database is empty, or half restored (DATABASE_RESTORING).
        """
        found = {
            one["_id"]: one
            async for one in self._database["meta"].find({}, session=self._session)
        }
        if RESTORE in found or not {"schema", "log"} <= set(found):
            raise ExchangeError(ErrorCode.DATABASE_RESTORING, place="meta")
        return SavedState(
            layout=found["schema"]["version"],
            log_size=found["log"]["size"],
            root_hash=root(tuple(found["log"]["frontier"])),
        )

    async def count(self, name: str) -> int:
        """Tell about how many documents a collection has, for progress."""
        return await self._database[name].estimated_document_count()

    async def documents(self, name: str) -> AsyncIterator[bytes]:
        """Yield every document of a collection as it is stored."""
        raw = self._database[name].with_options(codec_options=_RAW)
        where = {"_id": {"$nin": list(_PASSING)}} if name == "meta" else {}
        async with available():
            # The driver would ask for 16 MiB at a time, and hold it several times.
            size = _CHUNKS_PER_FETCH if name == "body_chunks" else 0
            found = raw.find(where, session=self._session, batch_size=size)
            async for one in found:
                yield one.raw


@asynccontextmanager
async def open_snapshot(
    uri: str, *, database: str, every_seconds: float = HISTORY_GROWS_SECONDS
) -> AsyncIterator[Snapshot]:
    """Read a database at the moment of the first read.

    Args:
        uri: where the database is.
        database: its name.
        every_seconds: how often the database is told to keep the moment longer.

    Raises:
        StorageUnavailableError: no primary answers, or the snapshot is too old.
    """
    client = open_client(uri, patience_seconds=_PATIENCE_SECONDS)
    try:
        async with (
            available(),
            kept_history(open_database(client, database), every_seconds=every_seconds),
            await client.start_session(snapshot=True) as session,
        ):
            yield Snapshot(client.get_database(database), session)
    finally:
        client.close()


def log_nodes(document: bytes) -> tuple[int, Sequence[bytes]]:
    """Return the index of a stored log entry and the tree nodes it completes.

    Raises:
        ExchangeError: it is no log entry (BACKUP_DAMAGED).
    """
    try:
        found = RawBSONDocument(document, _RAW)
        index, nodes = found.get("_id"), found.get("nodes")
    except BSONError as error:
        raise ExchangeError(ErrorCode.BACKUP_DAMAGED, place="log") from error
    match index, nodes:
        case int(), [*hashes] if all(isinstance(one, bytes) for one in hashes):
            return index, hashes
        case _:
            raise ExchangeError(ErrorCode.BACKUP_DAMAGED, place="log")


class Refill:
    """An empty database that is being filled; until it is done nobody else opens it."""

    def __init__(self, client: Client, name: str) -> None:
        self._database = open_database(client, name)
        self._meta = self._database["meta"]
        self.storage = MongoStorage(client, name)

    async def begin(self) -> None:
        """Take an empty database, or one that a killed restore left half filled.

        Raises:
            ExchangeError: anything is in it (DATABASE_NOT_EMPTY).
        """
        async with available():
            if await self._meta.find_one({"_id": RESTORE, "filling": True}):
                for name in SAVED:
                    await self._database[name].delete_many({"_id": {"$ne": RESTORE}})
            await self._meta.update_one({"_id": RESTORE}, {"$set": {}}, upsert=True)
            if (taken := await self._not_empty()) is not None:
                await self._meta.delete_one({"_id": RESTORE})
                raise ExchangeError(ErrorCode.DATABASE_NOT_EMPTY, place=taken)
            await self._meta.update_one({"_id": RESTORE}, {"$set": {"filling": True}})

    async def add(self, name: str, documents: Sequence[bytes]) -> None:
        """Insert documents of a collection.

        Raises:
            ExchangeError: they are no documents (BACKUP_DAMAGED).
        """
        try:
            raw: list[Any] = [RawBSONDocument(one, _RAW) for one in documents]
            async with available():
                await self._database[name].insert_many(raw, ordered=False)
        except BSONError as error:
            raise ExchangeError(ErrorCode.BACKUP_DAMAGED, place=name) from error

    async def index(self) -> None:
        """Create the indexes, which hold that message ids are there once."""
        await create_missing(self._database)

    async def unlogged(self) -> int:
        """Count envelopes that neither the log nor what waits for it knows."""
        known = {"localField": "_id", "foreignField": "envelope"}
        stages: list[dict[str, Any]] = [{"$project": {"_id": 1}}]
        for name in ("log", "log_pending"):
            stages += [
                {"$lookup": {"from": name, **known, "as": "found"}},
                {"$match": {"found": []}},
            ]
        stages.append({"$count": "missing"})
        async with available():
            found = await self._database["envelopes"].aggregate(stages).to_list(1)
        return int(found[0]["missing"]) if found else 0

    async def finish(self, *, log_size: int) -> None:
        """Let everybody open it; how long the log is now is kept for `place_of`."""
        mark = {"_id": RESTORED, "size": log_size}
        async with available():
            await self._meta.replace_one({"_id": RESTORED}, mark, upsert=True)
            await self._meta.delete_one({"_id": RESTORE})

    async def _not_empty(self) -> str | None:
        for name in await self._database.list_collection_names():
            if await self._database[name].find_one({"_id": {"$ne": RESTORE}}):
                return name
        return None


@asynccontextmanager
async def open_refill(uri: str, *, database: str) -> AsyncIterator[Refill]:
    """Open a database to be filled.

    Raises:
        StorageUnavailableError: no primary answers.
    """
    client = open_client(uri, patience_seconds=_PATIENCE_SECONDS)
    try:
        yield Refill(client, database)
    finally:
        client.close()
