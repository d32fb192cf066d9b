"""How the log grows on MongoDB: by few commands, by one of two, after an upgrade."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from exchange.storage.mongo.driver import Database, open_client, open_database
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.ports import Storage
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState
from tests.support.profiled import profiled
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)

BOTH = (MINISTRY, PROVINCE)


@pytest.fixture
async def database(
    mongod_uri: str, empty_database: str
) -> AsyncIterator[tuple[MongoStorage, Database]]:
    """All storage ports, and the database they are on."""
    storage = await open_mongo_storage(mongod_uri, database=empty_database)
    client = open_client(mongod_uri, patience_seconds=10.0)
    yield storage, open_database(client, empty_database)
    client.close()
    await storage.close()


async def shown(storage: Storage) -> list[tuple[int | None, str]]:
    """Return what inboxes show, which is what notices and docket are made of."""
    inbox = await storage.envelopes.inbox([*BOTH, COMMUNE], after=-1, limit=100)
    found = [(one.delivery.log_index, one.delivery.recipient) for one in inbox]
    told = await storage.notices.shown(-1, limit=100)
    assert [(o.delivery.log_index, o.delivery.recipient) for o in told.items] == found
    followed = await storage.docket.followed(-1, limit=100)
    assert [(one.index, one.recipient) for one in followed.arrivals] == found
    arrived = await storage.log.arrivals(-1, limit=100)
    assert arrived.recipients == {recipient for _, recipient in found}
    return [(index, str(recipient)) for index, recipient in found]


async def test_log_grows_without_a_look_at_it_or_at_what_it_shows(
    database: tuple[MongoStorage, Database],
) -> None:
    storage, raw = database
    await deliver(storage, 1)
    await storage.log.sequence(limit=100)
    for number in (2, 3):
        await deliver(storage, number)

    async with profiled(raw) as work:
        done = await storage.log.sequence(limit=100)
        reached = await storage.log.reached(done)

    assert reached == {PROVINCE}
    assert work.commands == {
        "query log_pending": 1,
        "update meta": 1,
        "insert log": 1,
        "remove log_pending": 1,
        "update deliveries": 1,
    }


async def test_each_of_many_entries_shows_what_it_names_at_its_own_index(
    database: tuple[MongoStorage, Database],
) -> None:
    storage, _ = database
    # More than one update shows.
    for number in range(1, 41):
        await deliver(storage, number)

    done = await storage.log.sequence(limit=100)

    showing = [one.index for one in done if one.entry.makes_visible]
    assert len(showing) == 40
    assert await shown(storage) == [(index, PROVINCE) for index in showing]


async def test_of_two_entries_that_name_a_delivery_the_first_shows_it(
    database: tuple[MongoStorage, Database],
) -> None:
    storage, _ = database
    await deliver(storage, 1)
    again = step(1, "again", before=(DeliveryState.AVAILABLE,))
    await storage.envelopes.record_step(again)

    done = await storage.log.sequence(limit=100)

    first, _ = [one.index for one in done if one.entry.makes_visible]
    assert await shown(storage) == [(first, PROVINCE)]


async def test_entries_of_an_earlier_version_show_all_of_their_envelope(
    database: tuple[MongoStorage, Database],
) -> None:
    storage, raw = database
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    for number, recipient in enumerate(BOTH):
        released = step(1, f"released-{number}", recipients=(recipient,))
        await storage.envelopes.record_step(released)
    # Of two releases the second names its recipient, as after an upgrade in between.
    earlier = {"_id": f"{1:024d}-released-0"}
    await raw["log_pending"].update_one(earlier, {"$unset": {"shown_to": ""}})
    await deliver(storage, 2)

    done = await storage.log.sequence(limit=100)

    assert await storage.log.reached(done) == set(BOTH)
    assert await shown(storage) == [(1, MINISTRY), (1, PROVINCE), (4, PROVINCE)]
    await raw["log"].update_many({}, {"$unset": {"shown_to": ""}})
    assert await shown(storage) == [(1, MINISTRY), (1, PROVINCE), (4, PROVINCE)]


async def test_two_that_sequence_in_turns_go_on_where_the_other_ended(
    database: tuple[MongoStorage, Database], mongod_uri: str
) -> None:
    storage, raw = database
    other = await open_mongo_storage(mongod_uri, database=raw.name)
    given: list[int] = []
    for number in range(1, 7):
        await deliver(storage, number)
        turn = storage if number % 2 else other
        given.extend(one.index for one in await turn.log.sequence(limit=100))
    for number in range(7, 20):
        await deliver(storage, number)
    both = await asyncio.gather(
        storage.log.sequence(limit=100), other.log.sequence(limit=100)
    )
    given.extend(sorted(one.index for done in both for one in done))
    await other.close()

    assert given == list(range(38))
    assert [index for index, _ in await shown(storage)] == list(range(1, 38, 2))
    entries = await storage.log.entries_of(envelope_id(19))
    assert [one.index for one in entries] == [36, 37]


async def test_many_long_lists_are_followed_in_parts(
    database: tuple[MongoStorage, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction with the rows of all would outlive its time, again and again."""
    monkeypatch.setattr("exchange.storage.mongo.following._SHOWN_AT_ONCE", 25)
    storage, _ = database
    many = tuple(OrganId(f"H99.{number}") for number in range(10, 20))
    for number in range(1, 6):
        await storage.envelopes.accept(acceptance(number, recipients=many))
        await storage.envelopes.record_step(step(number, recipients=many))
    await storage.log.sequence(limit=100)

    parts, after = [], -1
    while (part := await storage.docket.followed(after, limit=100)).until > after:
        after = part.until
        parts.append(part)

    assert [len(one.arrivals) for one in parts] == [20, 20, 10]
    assert [one.until for one in parts] == [4, 8, 9]
