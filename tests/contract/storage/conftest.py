"""Every contract test runs on each implementation of the storage ports."""

from collections.abc import AsyncIterator

import pytest

from exchange.storage.memory import MemoryStorage
from exchange.storage.mongo.store import open_mongo_storage
from exchange.storage.ports import Storage


@pytest.fixture(params=["memory", "mongo"])
async def storage(
    request: pytest.FixtureRequest, mongod_uri: str, mongo_database: str
) -> AsyncIterator[Storage]:
    opened: Storage = (
        MemoryStorage()
        if request.param == "memory"
        else await open_mongo_storage(mongod_uri, database=mongo_database)
    )
    yield opened
    await opened.close()
