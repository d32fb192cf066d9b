"""What transactions on MongoDB do when their client goes away."""

import asyncio
import threading

import pytest

from exchange.errors import StorageUnavailableError
from exchange.storage.mongo.driver import open_client, open_database
from exchange.storage.mongo.store import open_mongo_storage
from exchange.storage.mongo.transactions import Transaction, in_transaction

pytestmark = pytest.mark.integration

_SECONDS = 30
"""After which a thread goes on though a test failed."""


async def test_transaction_is_not_tried_again_once_its_client_is_closed(
    mongod_uri: str, mongo_database: str
) -> None:
    client = open_client(mongod_uri, patience_seconds=10)
    database = open_database(client, mongo_database)
    begun, closed = threading.Event(), threading.Event()
    tries: list[int] = []

    def work(transaction: Transaction) -> None:
        tries.append(len(tries))
        transaction.insert("things", [{"part": "first"}])
        begun.set()
        closed.wait(_SECONDS)
        transaction.insert("things", [{"part": "second"}])

    under_way = asyncio.create_task(in_transaction(database, work))
    await asyncio.to_thread(begun.wait)
    client.close()
    closed.set()

    with pytest.raises(StorageUnavailableError):
        await under_way
    assert tries == [0]


async def test_storage_that_closes_lets_a_transaction_under_way_end(
    mongod_uri: str, mongo_database: str
) -> None:
    storage = await open_mongo_storage(mongod_uri, database=mongo_database)
    client = open_client(mongod_uri, patience_seconds=10)
    database = open_database(client, mongo_database)
    begun, closing = threading.Event(), threading.Event()

    def work(transaction: Transaction) -> None:
        transaction.insert("things", [{"part": "first"}])
        begun.set()
        closing.wait(_SECONDS)
        transaction.insert("things", [{"part": "second"}])

    nobody_waits = asyncio.create_task(in_transaction(database, work))
    await asyncio.to_thread(begun.wait)
    nobody_waits.cancel()
    closed = asyncio.create_task(storage.close())
    await asyncio.sleep(0.2)
    assert not closed.done()
    closing.set()
    await closed

    assert await database["things"].count_documents({}) == 2
    client.close()
