"""What only the storage on MongoDB promises."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase

from exchange.domain.records import Accepted, Repeated
from exchange.errors import ExchangeError, StorageUnavailableError
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.purges import purge_of
from tests.support.stored import (
    COMMUNE,
    PROVINCE,
    SYSTEM,
    acceptance,
    audit_line,
    deliver,
    envelope_id,
    in_pieces,
    step,
)

pytestmark = pytest.mark.integration

Raw = AsyncIOMotorDatabase[dict[str, Any]]
MEBIBYTE = 1 << 20
LARGE = hashlib.sha256(b"large").digest() * 80_000


@pytest.fixture
async def raw(mongod_uri: str, mongo_database: str) -> AsyncIterator[Raw]:
    """The database below the storage, to look at and to damage."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongod_uri)
    yield client[mongo_database]
    client.close()


async def read(storage: MongoStorage, number: int, **where: int) -> bytes:
    pieces = storage.envelopes.read_body(envelope_id(number), **where)
    return b"".join([piece async for piece in pieces])


async def accept_large(storage: MongoStorage) -> None:
    await storage.envelopes.store_chunks("b", in_pieces(LARGE, 700_001))
    await storage.envelopes.accept(acceptance(1, body=LARGE, body_chunks="b"))


async def refused_read(storage: MongoStorage, **where: int) -> ErrorCode:
    with pytest.raises(ExchangeError) as caught:
        await read(storage, 1, **where)
    return caught.value.code


async def test_altered_small_body_is_not_handed_out(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    await mongo_storage.envelopes.accept(acceptance(1, body=b"0123456789"))
    await raw["envelopes"].update_one({}, {"$set": {"body": b"0123456780"}})

    code = await refused_read(mongo_storage, offset=0, length=2)

    assert code is ErrorCode.STORED_BYTES_DAMAGED


async def test_altered_chunk_is_not_handed_out(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    await accept_large(mongo_storage)
    await raw["body_chunks"].update_one(
        {"_id": "b/00000001"}, {"$set": {"data": bytes(MEBIBYTE)}}
    )

    assert await refused_read(mongo_storage) is ErrorCode.STORED_BYTES_DAMAGED
    assert await read(mongo_storage, 1, length=MEBIBYTE) == LARGE[:MEBIBYTE]


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_missing_chunk_is_noticed(
    mongo_storage: MongoStorage, raw: Raw, number: int
) -> None:
    await accept_large(mongo_storage)
    await raw["body_chunks"].delete_one({"_id": f"b/{number:08d}"})

    assert await refused_read(mongo_storage) is ErrorCode.STORED_BYTES_DAMAGED


async def test_chunks_are_small_and_pieces_are_bounded(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    await accept_large(mongo_storage)

    stored = [len(one["data"]) async for one in raw["body_chunks"].find()]
    pieces = [len(p) async for p in mongo_storage.envelopes.read_body(envelope_id(1))]

    assert max(stored) == max(pieces) == MEBIBYTE
    assert sum(stored) == sum(pieces) == len(LARGE)


async def test_dropped_orphan_leaves_no_chunk(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    async def broken_off() -> AsyncIterator[bytes]:
        yield LARGE
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await mongo_storage.envelopes.store_chunks("half", broken_off())
    await mongo_storage.envelopes.store_chunks("whole", in_pieces(LARGE, MEBIBYTE))
    later = datetime.now(UTC) + timedelta(minutes=1)

    assert await mongo_storage.envelopes.drop_orphans(before=later) == 2

    assert await raw["body_chunks"].count_documents({}) == 0
    assert await raw["bodies"].count_documents({}) == 0


async def plans(raw: Raw, use: object) -> list[dict[str, Any]]:
    """Run `use` with the profiler on and return the queries it made."""
    await raw.command("profile", 2)
    await use  # type: ignore[misc]  # any of the ports' coroutines
    await raw.command("profile", 0)
    queries = {"op": {"$in": ["query", "command"]}, "planSummary": {"$exists": True}}
    return [one async for one in raw["system.profile"].find(queries)]


async def inserts(raw: Raw, name: str) -> int:
    """How many commands that the profiler saw inserted into a collection."""
    made = {"op": "insert", "ns": f"{raw.name}.{name}"}
    return await raw["system.profile"].count_documents(made)


async def test_repeat_costs_those_beside_it_one_more_transaction(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    await mongo_storage.envelopes.accept(acceptance(1))
    before = acceptance(1).envelope.message_id
    group = [*map(acceptance, range(2, 9)), acceptance(9, message_id=before)]
    await raw.command("profile", 2)

    answers = await asyncio.gather(*map(mongo_storage.envelopes.accept, group))

    assert [type(one) for one in answers] == [Accepted] * 7 + [Repeated]
    assert await inserts(raw, "envelopes") == 2


async def test_step_that_is_stored_costs_those_beside_it_one_more_transaction(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    store = mongo_storage.envelopes
    for number in range(1, 9):
        await store.accept(acceptance(number))
    first = await store.record_step(step(5))
    await raw.command("profile", 2)

    answers = await asyncio.gather(*(store.record_step(step(n)) for n in range(1, 9)))

    assert answers[4] == first
    assert await inserts(raw, "receipts") == 2


async def test_those_who_look_at_deliveries_together_ask_once(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    store = mongo_storage.envelopes
    for number in range(1, 4):
        await store.accept(acceptance(number))
    await raw.command("profile", 2)

    found = await asyncio.gather(
        *(store.deliveries(envelope_id(n), of=[PROVINCE]) for n in (1, 3, 9, 3)),
        store.deliveries(envelope_id(2), of=[PROVINCE, COMMUNE]),
    )

    named = [[one.envelope_id for one in each] for each in found]
    first, second, third = ([envelope_id(number)] for number in (1, 2, 3))
    assert named == [first, third, [], third, second]
    looked = {"op": "query", "ns": f"{raw.name}.deliveries"}
    assert await raw["system.profile"].count_documents(looked) == 1


async def test_inboxes_that_are_read_together_are_looked_at_once(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    await deliver(mongo_storage, 1)
    await mongo_storage.log.sequence(limit=9)
    await raw.command("profile", 2)

    found = await asyncio.gather(
        *(
            mongo_storage.envelopes.inbox([one], after=-1, limit=9)
            for one in (PROVINCE, COMMUNE, PROVINCE)
        )
    )

    assert [len(items) for items in found] == [1, 0, 1]
    looked = {"op": "query", "ns": f"{raw.name}.deliveries"}
    assert await raw["system.profile"].count_documents(looked) == 1


async def test_audit_lines_that_come_together_are_one_write(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    lines = [audit_line(number) for number in range(1, 6)]
    await raw.command("profile", 2)

    await asyncio.gather(*map(mongo_storage.audit.append, lines))

    assert await mongo_storage.audit.lines(limit=9) == lines[::-1]
    assert await inserts(raw, "audit") == 1


async def test_chunks_of_a_purged_body_are_dropped(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    await accept_large(mongo_storage)
    await mongo_storage.retention.purge(await purge_of(mongo_storage, 1))
    later = datetime.now(UTC) + timedelta(minutes=1)

    assert await mongo_storage.envelopes.drop_orphans(before=later) == 1

    assert await raw["body_chunks"].count_documents({}) == 0
    assert await raw["bodies"].count_documents({}) == 0


async def test_hot_queries_read_no_more_than_they_return(
    mongo_storage: MongoStorage, raw: Raw
) -> None:
    for number in range(30):
        await deliver(mongo_storage, number)
        await mongo_storage.envelopes.accept(
            acceptance(100 + number, recipients=(OrganId("G22"),))
        )
    await mongo_storage.log.sequence(limit=75)
    envelopes, log = mongo_storage.envelopes, mongo_storage.log
    message = acceptance(7).envelope.message_id

    for use, most in (
        (envelopes.inbox([PROVINCE], after=20, limit=5), 5),
        (envelopes.to_check(limit=3), 3),
        (envelopes.envelope_by_message(SYSTEM, COMMUNE, message), 1),
        (envelopes.deliveries(envelope_id(7)), 1),
        (envelopes.receipts(envelope_id(7)), 1),
        (envelopes.statuses_of(envelope_id(7)), 0),
        (log.entries_of(envelope_id(7)), 2),
        (log.pending_of(envelope_id(129)), 1),
        (log.nodes([(0, 3), (2, 1)]), 2),
        (mongo_storage.directory.systems_by_certificates({"aa", "bb"}), 0),
        (mongo_storage.audit.lines(limit=4), 4),
    ):
        made = await plans(raw, use)
        assert made
        for query in made:
            assert "COLLSCAN" not in query["planSummary"]
            assert query["docsExamined"] <= most + 1, query
        await raw.drop_collection("system.profile")


async def test_opening_again_and_at_the_same_time_changes_nothing(
    mongod_uri: str, mongo_database: str, raw: Raw
) -> None:
    opened = await asyncio.gather(
        *(open_mongo_storage(mongod_uri, database=mongo_database) for _ in range(4))
    )
    await opened[0].envelopes.accept(acceptance(1))
    await opened[1].log.sequence(limit=9)
    indexes = {
        name: await raw[name].index_information()
        for name in await raw.list_collection_names()
    }
    opened.append(await open_mongo_storage(mongod_uri, database=mongo_database))

    assert await opened[-1].log.size() == 1
    assert {name: await raw[name].index_information() for name in indexes} == indexes
    for one in opened:
        await one.close()


async def test_database_of_a_later_version_is_refused(
    mongod_uri: str, mongo_database: str, raw: Raw
) -> None:
    await raw["meta"].insert_one({"_id": "schema", "version": 1000})

    with pytest.raises(ExchangeError) as caught:
        await open_mongo_storage(mongod_uri, database=mongo_database)

    assert caught.value.code is ErrorCode.DATABASE_NEWER
    assert await raw.list_collection_names() == ["meta"]


async def test_two_processes_share_one_database(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage
) -> None:
    other = await open_mongo_storage(mongod_uri, database=mongo_database)
    both = (mongo_storage, other)
    copies = [(both[n % 2], acceptance(n, message_id=f"m{n // 4}")) for n in range(40)]

    results = await asyncio.gather(
        *(storage.envelopes.accept(one) for storage, one in copies)
    )
    await other.close()

    assert sum(isinstance(one, Accepted) for one in results) == 10
    assert len(await mongo_storage.log.sequence(limit=100)) == 10


async def test_absent_database_is_unavailable(
    mongo_storage: MongoStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.storage.mongo.store._PATIENCE_SECONDS", 0.2)

    with pytest.raises(StorageUnavailableError):
        await open_mongo_storage("mongodb://127.0.0.1:9/?replicaSet=absent")


async def test_one_envelope_reaches_every_commune_in_time(
    mongo_storage: MongoStorage,
) -> None:
    """Design section 9: 3,300 inboxes within 5 s, one stored copy."""
    communes = tuple(OrganId(f"H99.{number}") for number in range(3300))
    begun = time.monotonic()

    await mongo_storage.envelopes.accept(acceptance(1, recipients=communes))
    await mongo_storage.envelopes.record_step(step(1, recipients=communes))
    await mongo_storage.log.sequence(limit=10)

    last = await mongo_storage.envelopes.inbox([communes[-1]], after=-1, limit=1)
    assert last[0].envelope.recipients == communes
    assert time.monotonic() - begun < 15


async def test_many_long_lists_are_made_visible_in_short_transactions(
    mongo_storage: MongoStorage, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction for all of them would outlive its time, again and again."""
    monkeypatch.setattr("exchange.storage.mongo.log._SHOWN_AT_ONCE", 400)
    communes = tuple(OrganId(f"H99.{number}") for number in range(60))
    for number in range(8):
        await mongo_storage.envelopes.accept(acceptance(number, recipients=communes))
        await mongo_storage.envelopes.record_step(step(number, recipients=communes))
    before = await committed(raw)

    done = await mongo_storage.log.sequence(limit=100)

    assert [one.index for one in done] == list(range(16))
    assert await committed(raw) - before == 2
    shown = await mongo_storage.envelopes.inbox([communes[7]], after=-1, limit=100)
    assert [one.delivery.log_index for one in shown] == list(range(1, 16, 2))


async def committed(raw: Raw) -> int:
    status = await raw.command("serverStatus")
    return int(status["transactions"]["totalCommitted"])
