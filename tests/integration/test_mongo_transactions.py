"""What transactions on MongoDB do when their client goes away."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from exchange.errors import StorageUnavailableError
from exchange.storage.mongo.driver import (
    Database,
    DuplicateError,
    open_client,
    open_database,
)
from exchange.storage.mongo.store import open_mongo_storage
from exchange.storage.mongo.transactions import Transaction, in_transaction

pytestmark = pytest.mark.integration

_SECONDS = 30
"""After which a thread goes on though a test failed."""


class Paused:
    """Work that stands still between its two writes until it may go on."""

    def __init__(self) -> None:
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self.tries = 0

    def __call__(self, transaction: Transaction) -> None:
        self.tries += 1
        transaction.insert("things", [{"part": "first"}])
        self.begun.set()
        self.goes_on.wait(_SECONDS)
        transaction.insert("things", [{"part": "second"}])


async def test_transaction_is_not_tried_again_once_its_client_is_closed(
    mongod_uri: str, mongo_database: str
) -> None:
    client, work = open_client(mongod_uri, patience_seconds=10), Paused()
    database = open_database(client, mongo_database)

    under_way = asyncio.create_task(in_transaction(database, work))
    await asyncio.to_thread(work.begun.wait)
    client.close()
    work.goes_on.set()

    with pytest.raises(StorageUnavailableError):
        await under_way
    assert work.tries == 1


async def test_storage_that_closes_lets_a_transaction_under_way_end(
    mongod_uri: str, mongo_database: str
) -> None:
    storage = await open_mongo_storage(mongod_uri, database=mongo_database)
    client, work = open_client(mongod_uri, patience_seconds=10), Paused()
    database = open_database(client, mongo_database)

    nobody_waits = asyncio.create_task(in_transaction(database, work))
    await asyncio.to_thread(work.begun.wait)
    nobody_waits.cancel()
    closed = asyncio.create_task(storage.close())
    await asyncio.sleep(0.2)
    assert not closed.done()
    work.goes_on.set()
    await closed

    assert await database["things"].count_documents({}) == 2
    client.close()


@pytest.fixture
async def database(mongod_uri: str, mongo_database: str) -> AsyncIterator[Database]:
    """A database to store things in."""
    client = open_client(mongod_uri, patience_seconds=10)
    yield open_database(client, mongo_database)
    client.close()


async def test_key_that_is_taken_is_named_and_nothing_is_stored(
    database: Database,
) -> None:
    def insert(transaction: Transaction) -> None:
        transaction.insert("things", [{"_id": "before"}])
        transaction.insert("things", [{"_id": "a"}, {"_id": "b"}, {"_id": "c"}])

    await database["things"].insert_one({"_id": "b"})
    with pytest.raises(DuplicateError) as refused:
        await in_transaction(database, insert)

    assert refused.value.place == "b"
    assert [one["_id"] async for one in database["things"].find()] == ["b"]


async def test_more_than_one_command_takes_is_stored_all_the_same(
    database: Database,
) -> None:
    def insert(transaction: Transaction) -> None:
        transaction.insert("things", [{"body": bytes(1 << 20)} for _ in range(20)])
        transaction.insert("things", [{"_id": "after"}])

    await in_transaction(database, insert)

    assert await database["things"].count_documents({}) == 21
