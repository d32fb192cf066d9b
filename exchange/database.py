"""The database of a site: a cluster that is named, or the embedded one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from exchange.settings.database import MongoSettings
from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage


@asynccontextmanager
async def database_address(settings: MongoSettings, folder: Path) -> AsyncIterator[str]:
    """Give the address of a site's database; an embedded one runs meanwhile.

    Raises:
        ExchangeError: mongod cannot start.
    """
    if settings.uri:
        yield settings.uri
        return
    async with EmbeddedMongo(folder) as mongo:
        yield mongo.uri


@asynccontextmanager
async def open_database(
    settings: MongoSettings, folder: Path
) -> AsyncIterator[MongoStorage]:
    """Open the storage of a site; a running service's mongod is shared.

    Args:
        settings: names a cluster, or nothing for the embedded one.
        folder: holds the embedded database.

    Raises:
        ExchangeError: mongod cannot start, or no primary answers.
    """
    async with AsyncExitStack() as opened:
        uri = await opened.enter_async_context(database_address(settings, folder))
        storage = await open_mongo_storage(uri, database=settings.database)
        opened.push_async_callback(storage.close)
        yield storage
