"""One embedded mongod for the whole run, and a fresh database for each test.

A plugin: `tests/conftest.py` loads it, so every test may ask for these fixtures.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from exchange.storage.embedded import EmbeddedMongo
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


@pytest.fixture
async def mongo_storage(
    mongod_uri: str, mongo_database: str
) -> AsyncIterator[MongoStorage]:
    """All storage ports on a fresh database."""
    storage = await open_mongo_storage(mongod_uri, database=mongo_database)
    yield storage
    await storage.close()


async def _start(directory: Path) -> str:
    mongo = EmbeddedMongo(directory)
    await mongo.start()
    uri = mongo.uri
    await mongo.detach()
    return uri


async def _stop(directory: Path) -> None:
    async with EmbeddedMongo(directory):
        pass
