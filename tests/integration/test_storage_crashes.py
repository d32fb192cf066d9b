"""kill -9 of the database and of its client: nothing lost, nothing doubled or half."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from exchange.domain.records import Accepted
from exchange.errors import StorageUnavailableError
from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.memory import MemoryStorage
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.ports import Storage
from schemas.identifiers import EnvelopeId
from tests.support.crashing import everything, kill, one_envelope
from tests.support.durable_steps import ENVELOPES, OPERATIONS
from tests.support.stored import (
    acceptance,
    envelope_id,
)

pytestmark = pytest.mark.integration


@pytest.fixture
async def mongo(tmp_path: Path) -> AsyncIterator[EmbeddedMongo]:
    async with EmbeddedMongo(tmp_path) as running:
        yield running


@pytest.fixture
async def crashing(mongo: EmbeddedMongo) -> AsyncIterator[MongoStorage]:
    storage = await open_mongo_storage(mongo.uri)
    yield storage
    await storage.close()


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.prove)])
async def test_database_killed_between_operations_loses_nothing(
    mongo: EmbeddedMongo, crashing: MongoStorage, every: int
) -> None:
    """Each operation is also done in memory, where nothing can be lost."""
    reference = MemoryStorage()
    for number, (name, operation) in enumerate(OPERATIONS.items(), start=1):
        await operation(crashing)
        await operation(reference)
        if number % every:
            continue
        await kill(mongo)
        expected = await everything(reference, envelopes=ENVELOPES)
        assert await everything(crashing, envelopes=ENVELOPES) == expected, name


async def send_until_answered(storage: Storage, number: int) -> EnvelopeId:
    """Send again and again, the same bytes, as senders do."""
    while True:
        with contextlib.suppress(StorageUnavailableError):
            answer = await storage.envelopes.accept(acceptance(number))
            assert answer == Accepted(acceptance(number).envelope)
            return answer.envelope.envelope_id


async def test_database_killed_during_acceptances_loses_nothing(
    mongo: EmbeddedMongo, crashing: MongoStorage
) -> None:
    accepted: list[EnvelopeId] = []
    over = asyncio.Event()

    async def send(lane: int) -> None:
        number = lane
        while not over.is_set():
            accepted.append(await send_until_answered(crashing, number))
            number += 8

    async def sequence() -> None:
        while not over.is_set():
            with contextlib.suppress(StorageUnavailableError):
                await crashing.log.sequence(limit=5)

    running = asyncio.gather(*map(send, range(8)), sequence())
    for _ in range(2):
        await asyncio.sleep(0.3)
        await kill(mongo)
    over.set()
    await running
    await crashing.log.sequence(limit=100_000)

    assert len(accepted) == len(set(accepted)) == await crashing.log.size()
    assert len(await crashing.audit.lines(limit=100_000)) == len(accepted)
    for one in accepted:
        assert len(await crashing.log.entries_of(one)) == 1
        assert len(await crashing.envelopes.deliveries(one)) == 1


CLIENT = """
import asyncio, sys
from exchange.storage.mongo.store import open_mongo_storage
from tests.support.stored import acceptance

async def main(uri):
    storage = await open_mongo_storage(uri)
    async def send(lane):
        for number in range(lane, 100_000, 8):
            await storage.envelopes.accept(acceptance(number))
            print(number, flush=True)
    await asyncio.gather(*map(send, range(8)))

asyncio.run(main(sys.argv[1]))
"""


async def test_killed_client_leaves_whole_envelopes(
    mongo: EmbeddedMongo, crashing: MongoStorage
) -> None:
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, mongo.uri, stdout=asyncio.subprocess.PIPE
    )
    assert client.stdout is not None
    acknowledged = [int(await client.stdout.readline()) for _ in range(100)]
    os.kill(client.pid, signal.SIGKILL)
    rest, _ = await client.communicate()
    acknowledged += [int(line) for line in rest.split(b"\n")[:-1]]

    highest = max(acknowledged) + 200
    whole = [number for number in range(highest) if await is_whole(crashing, number)]
    assert set(acknowledged) <= set(whole)
    assert len(await crashing.audit.lines(limit=100_000)) == len(whole)
    assert len(await crashing.log.sequence(limit=100_000)) == len(whole)


async def is_whole(storage: Storage, number: int) -> bool:
    """Tell whether all of an envelope is stored; fail when only some of it is."""
    stored = await one_envelope(storage, envelope_id(number))
    parts = [
        bool(stored[name]) for name in ("envelope", "body", "deliveries", "pending")
    ]
    assert len(set(parts)) == 1, (number, stored)
    return parts[0]


STUCK_CLIENT = """
import asyncio, sys, time
from exchange.storage.mongo import commits
from exchange.storage.mongo.store import open_mongo_storage
from tests.support.stored import acceptance

def hang(group, transaction):
    print("inserted", flush=True)
    time.sleep(1000)

async def main(uri):
    storage = await open_mongo_storage(uri)
    commits._trace = hang
    await storage.envelopes.accept(acceptance(1))

asyncio.run(main(sys.argv[1]))
"""


async def test_killed_client_does_not_block_its_own_repeat(
    mongo: EmbeddedMongo, crashing: MongoStorage
) -> None:
    """What it had open holds the message id until the database ends it."""
    await shorten_transactions(mongo.uri)
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK_CLIENT, mongo.uri, stdout=asyncio.subprocess.PIPE
    )
    assert client.stdout is not None
    assert await client.stdout.readline() == b"inserted\n"
    os.kill(client.pid, signal.SIGKILL)
    await client.communicate()

    answer = await crashing.envelopes.accept(acceptance(1))

    assert answer == Accepted(acceptance(1).envelope)


async def shorten_transactions(uri: str) -> None:
    """Let the database end an open transaction after 1 s, as it would after 10."""
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(uri)
    lifetime = {"setParameter": 1, "transactionLifetimeLimitSeconds": 1}
    before = await client.admin.command(lifetime)
    client.close()
    assert before["was"] == 10
