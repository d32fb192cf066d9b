"""The MongoDB driver, opened one way.

Everything that is acknowledged is durable (majority, journaled), and everything that is
read was durable when it was read: a receipt never leaves for an envelope that a crash
could still undo.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from exchange.errors import StorageUnavailableError
from schemas.errors import ErrorCode

# What BSON decodes to is only known to the codec, which turns it into records.
Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession

DURABLE = WriteConcern(w="majority", j=True)
SNAPSHOT = ReadConcern("snapshot")
LINEARIZABLE = ReadConcern("linearizable")
_UTC_DATES: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


def open_client(uri: str, *, patience_seconds: float = 10) -> Client:
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
async def transaction_session(database: Database) -> AsyncIterator[Session]:
    """Open a session whose transactions are durable and see one snapshot."""
    async with await database.client.start_session() as session:
        yield session


@asynccontextmanager
async def available() -> AsyncIterator[None]:
    """Say in the exchange's words that the database failed.

    Raises:
        StorageUnavailableError: the driver gave up.
    """
    try:
        yield
    except PyMongoError as error:
        raise StorageUnavailableError(
            ErrorCode.DATABASE_UNAVAILABLE, place=type(error).__name__
        ) from error
