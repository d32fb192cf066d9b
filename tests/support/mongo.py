"""One embedded mongod for the whole run, and an empty database for each test.

A plugin: `tests/conftest.py` loads it, so every test may ask for these fixtures.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.mongo.driver import open_client
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage

_numbers = count(1)


@pytest.fixture(scope="session")
def mongod_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a mongod that lives as long as the test run."""
    directory = tmp_path_factory.mktemp("mongo")
    yield asyncio.run(_start(directory))
    asyncio.run(_stop(directory))
    shutil.rmtree(directory)


@pytest.fixture
def mongo_database() -> str:
    """The name of a database that does not exist yet; it goes with the mongod."""
    return f"test_{next(_numbers)}"


@pytest.fixture(scope="session")
def emptied_databases() -> list[str]:
    """Names of databases that tests have left, with nothing in their collections."""
    return []


@pytest.fixture
async def empty_database(
    mongod_uri: str, emptied_databases: list[str]
) -> AsyncIterator[str]:
    """The name of a database in which nothing is.

    Collections and indexes of one that was used before are there already, since making
    them takes longer than most tests.
    """
    name = emptied_databases.pop() if emptied_databases else f"empty_{next(_numbers)}"
    yield name
    await _empty(mongod_uri, name)
    emptied_databases.append(name)


@pytest.fixture
async def mongo_storage(
    mongod_uri: str, mongo_database: str
) -> AsyncIterator[MongoStorage]:
    """All storage ports on a new database."""
    storage = await open_mongo_storage(mongod_uri, database=mongo_database)
    yield storage
    await storage.close()


@pytest.fixture
async def emptied_storage(
    mongod_uri: str, empty_database: str
) -> AsyncIterator[MongoStorage]:
    """All storage ports on a database in which nothing is."""
    storage = await open_mongo_storage(mongod_uri, database=empty_database)
    yield storage
    await storage.close()


async def _empty(uri: str, name: str) -> None:
    client = open_client(uri, patience_seconds=10.0)
    database = client[name]
    for collection in await database.list_collection_names():
        if await database[collection].find_one({}, {"_id": 1}) is not None:
            await database[collection].delete_many({})
    client.close()


async def _start(directory: Path) -> str:
    mongo = EmbeddedMongo(directory)
    await mongo.start()
    uri = mongo.uri
    await mongo.detach()
    return uri


async def _stop(directory: Path) -> None:
    async with EmbeddedMongo(directory):
        pass
