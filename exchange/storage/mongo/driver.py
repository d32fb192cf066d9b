"""The MongoDB driver, opened one way.

Everything that is acknowledged is durable (majority, journaled), and everything that is
read was durable when it was read: a receipt never leaves for an envelope that a crash
could still undo.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from exchange.errors import ExchangeError, StorageUnavailableError
from schemas.errors import ErrorCode

# What BSON decodes to is only known to the codec, which turns it into records.
Document = dict[str, Any]
Filter = Mapping[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

LINEARIZABLE = ReadConcern("linearizable")
SNAPSHOT = ReadConcern("snapshot")
DURABLE = WriteConcern(w="majority", j=True)
_UTC_DATES: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
_DUPLICATE_KEY = 11000


class DuplicateError(ExchangeError):
    """A unique key is taken; its value is the place. Stays inside this package."""


def open_client(uri: str, *, patience_seconds: float) -> Client:
    """Open a client; nothing is sent before its first call.

    Args:
        uri: where the database is.
        patience_seconds: how long a call waits for a primary.
    """
    return AsyncIOMotorClient(
        uri,
        appname="lienthong",
        connectTimeoutMS=5_000,
        serverSelectionTimeoutMS=int(patience_seconds * 1000),
    )


def open_database(client: Client, name: str) -> Database:
    """Return the database `name` with the durability of this module."""
    return client.get_database(
        name,
        codec_options=_UTC_DATES,
        read_concern=ReadConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
        write_concern=DURABLE,
    )


@asynccontextmanager
async def available() -> AsyncIterator[None]:
    """Say in the exchange's words what the driver raised.

    Raises:
        DuplicateError: a unique key is taken.
        StorageUnavailableError: anything else; the driver has tried again already.
    """
    try:
        yield
    except PyMongoError as error:
        taken = _taken(error)
        if taken is not None:
            raise DuplicateError(ErrorCode.INTERNAL, place=taken) from error
        raise StorageUnavailableError(
            ErrorCode.DATABASE_UNAVAILABLE, place=type(error).__name__
        ) from error


async def find_one(
    collection: Collection, condition: Filter, *, without: str | None = None
) -> Document | None:
    """Find a document, leaving out one field."""
    async with available():
        return await collection.find_one(condition, without and {without: 0})


async def find_all(
    collection: Collection,
    condition: Filter,
    *,
    sort: Sequence[tuple[str, int]],
    limit: int = 0,
    without: str | None = None,
    only: Sequence[str] = (),
) -> list[Document]:
    """Find documents in the order of `sort`; a `limit` of 0 means all.

    Args:
        collection: where.
        condition: which.
        sort: fields, each with 1 or -1.
        limit: the most of them.
        without: a field that is left out.
        only: the fields that are read besides the id; all if none is named.
    """
    async with available():
        cursor = collection.find(
            condition,
            dict.fromkeys(only, 1) or (without and {without: 0}),
            sort=list(sort),
            limit=limit,
            # By one answer, not a hundred of them and then the others.
            batch_size=limit,
        )
        return await cursor.to_list(None)


def _taken(error: PyMongoError) -> str | None:
    """Return the value of the unique key that `error` says is taken, if it does."""
    details: Filter | None = None
    if isinstance(error, DuplicateKeyError):
        details = error.details
    elif isinstance(error, BulkWriteError):
        failures = error.details["writeErrors"]
        details = next((one for one in failures if one["code"] == _DUPLICATE_KEY), None)
    if details is None:
        return None
    return place_of(details.get("keyValue", {}))


def place_of(key: Filter) -> str:
    """Return the values of a unique key as an error names them."""
    return ", ".join(map(str, key.values()))
