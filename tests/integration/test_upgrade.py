"""Databases of earlier layouts become those of the present one, killed or not."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from exchange.cli import main
from exchange.domain.counting import EVERYBODY, gathered
from exchange.errors import ExchangeError
from exchange.storage.memory import MemoryStorage
from exchange.storage.mongo.count_migration import add_months_up
from exchange.storage.mongo.docket import MongoDocket
from exchange.storage.mongo.driver import Database, open_client, open_database
from exchange.storage.mongo.migrations import VERSION
from exchange.storage.mongo.store import (
    MongoStorage,
    layout_of,
    open_mongo_storage,
    upgrade_layout,
)
from exchange.storage.mongo.upgrading import upgrade
from exchange.storage.ports import DocketEntry, DocketStore, TallyQuery
from exchange.storage.ports.deliveries import DeliveryQuery
from exchange.storage.ports.documents import DocumentQuery
from schemas.errors import ErrorCode
from schemas.vocabulary import DeliveryState
from tests.support.agencies import agency, directory
from tests.support.layout_one import (
    COUNTED,
    DOCUMENTS,
    LEVEL,
    STATUS,
    TALLIES,
    UNREADABLE,
    Raw,
    fill,
)
from tests.support.loaded_notices import load_notices
from tests.support.pki import NOW
from tests.support.stored import COMMUNE, PROVINCE, envelope_id

pytestmark = pytest.mark.integration

STEPS = 5
COUNTED_MONTHS = TallyQuery(first_month="2026-10", last_month="2026-11")
MONTHS = {
    "first_month": COUNTED_MONTHS.first_month,
    "last_month": COUNTED_MONTHS.last_month,
}
_KILLED_AT = """
import asyncio, os, signal, sys
from exchange.storage.memory import MemoryStorage
from exchange.storage.mongo.count_migration import add_months_up
from exchange.storage.mongo.docket import MongoDocket
from exchange.storage.mongo.driver import Database, open_client, open_database
from exchange.storage.mongo.upgrading import upgrade

uri, name, left = sys.argv[1], sys.argv[2], int(sys.argv[3])

def told(_name, _count):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

async def run():
    database = open_database(open_client(uri, patience_seconds=10), name)
    await upgrade(database, told=told, lease_seconds=0.2)

asyncio.run(run())
"""


@pytest.fixture
async def old(mongod_uri: str, mongo_database: str) -> AsyncIterator[Raw]:
    """A database of layout 1."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        mongod_uri, tz_aware=True
    )
    raw = client[mongo_database]
    await fill(raw)
    yield raw
    client.close()


async def everything(raw: Raw) -> dict[str, list[dict[str, Any]]]:
    names = await raw.list_collection_names()
    return {name: [one async for one in raw[name].find()] for name in sorted(names)}


async def opened(uri: str, name: str) -> MongoStorage:
    return await open_mongo_storage(uri, database=name)


async def test_what_version_one_stored_is_found_as_if_it_were_stored_today(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    storage = await opened(mongod_uri, mongo_database)
    by_code = DocumentQuery(sender=COMMUNE, code="214/UBND", year=2026)
    found = await storage.documents.sent_as(by_code, limit=9)
    board = DeliveryQuery(
        states=frozenset({DeliveryState.AVAILABLE}), sender=COMMUNE, limit=9
    )
    sent = await storage.deliveries.find(board)
    changed = await storage.agency_history.changes(6, limit=9)
    await storage.close()

    readable = [n for n in range(1, DOCUMENTS + 1) if n != UNREADABLE]
    assert [one.envelope_id for one in found] == list(map(envelope_id, readable))
    assert len(sent) == DOCUMENTS
    assert [one.agency.code for one in changed] == [PROVINCE, COMMUNE]
    assert await old["meta"].find_one({"_id": "schema"}) == {
        "_id": "schema",
        "version": VERSION,
    }
    assert await old["meta"].find_one({"_id": "upgrade"}) is None


async def test_who_was_killed_while_the_clock_was_ahead_keeps_no_upgrade_waiting(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=7)
    place = {"from": 1, "step": 0, "after": None}
    await old["meta"].insert_one(
        {"_id": "upgrade", "owner": "killed", "until": ahead, **place}
    )

    async with asyncio.timeout(30):
        storage = await opened(mongod_uri, mongo_database)
    await storage.close()

    assert await old["meta"].find_one({"_id": "upgrade"}) is None


async def test_what_was_counted_is_added_up_as_if_it_were_counted_today(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    today = MemoryStorage()
    tree = directory([agency(PROVINCE, LEVEL), agency(COMMUNE, LEVEL, PROVINCE)])
    entry = DocketEntry(before=-1, after=1, rows=[], counts=gathered(TALLIES, tree))
    assert await today.docket.enter(entry)

    storage = await opened(mongod_uri, mongo_database)
    upgraded = await everything_counted(storage.docket)
    await storage.close()

    assert upgraded == await everything_counted(today.docket)
    assert all(upgraded.values())


async def everything_counted(docket: DocketStore) -> dict[str, list[object]]:
    of_province = replace(COUNTED_MONTHS, agency=PROVINCE, with_below=True)
    return {
        "all": list(await docket.level_tallies(EVERYBODY, **MONTHS)),
        "below": list(await docket.level_tallies(PROVINCE, **MONTHS)),
        "rows of all": list(await docket.tallies(COUNTED_MONTHS)),
        "rows of the province": list(await docket.tallies(of_province)),
    }


async def test_month_is_added_up_once_with_its_first_row(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    client = open_client(mongod_uri, patience_seconds=10)
    database = open_database(client, mongo_database)
    rows = await old["statistics"].find({}, {"month": 1}).sort("_id", 1).to_list(None)

    parts = (rows[:1], rows[1:3], rows[3:])
    first, rest, second = [await add_months_up(database, part) for part in parts]
    for _ in range(2):
        await database["level_sums"].bulk_write([*first, *second])
    stored = await MongoDocket(database).level_tallies(EVERYBODY, **MONTHS)
    client.close()

    assert not rest
    numbers = [one.number for one in TALLIES]
    assert sum(one.number for one in stored) == sum(numbers)
    assert len(first) == len(second)


async def test_only_deliveries_of_documents_get_a_sender(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    await (await opened(mongod_uri, mongo_database)).close()

    of_status = await old["deliveries"].find_one({"envelope": envelope_id(STATUS)})

    assert of_status is not None
    assert "sender" not in of_status


@pytest.mark.parametrize("batch", range(1, STEPS + 1), ids=str)
async def test_upgrade_killed_after_any_batch_is_finished_by_the_next_start(
    mongod_uri: str, mongo_database: str, old: Raw, batch: int
) -> None:
    words = [mongod_uri, mongo_database, str(batch)]
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _KILLED_AT, *words], check=False
    )
    halfway = await old["meta"].find_one({"_id": "schema"})
    await upgrade_layout(mongod_uri, database=mongo_database, told=lambda *_: None)
    resumed = await everything(old)
    await old.client.drop_database(mongo_database)
    await fill(old)
    await upgrade_layout(mongod_uri, database=mongo_database, told=lambda *_: None)

    assert killed.returncode == -signal.SIGKILL
    assert halfway == {"_id": "schema", "version": 1}
    assert resumed == await everything(old)


async def test_one_of_many_processes_upgrades_and_the_others_wait_for_it(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    looked_at: list[str] = []
    clients = [open_client(mongod_uri, patience_seconds=10) for _ in range(4)]

    await asyncio.gather(
        *(
            upgrade(
                open_database(one, mongo_database),
                told=lambda name, _count: looked_at.append(name),
            )
            for one in clients
        )
    )

    assert len(looked_at) == len(set(looked_at)) == STEPS
    assert await old["meta"].find_one({"_id": "upgrade"}) is None
    for one in clients:
        one.close()


async def test_running_program_is_not_ready_once_a_later_one_changed_the_layout(
    mongo_storage: MongoStorage, mongod_uri: str, mongo_database: str
) -> None:
    before = await mongo_storage.ready()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongod_uri)
    await client[mongo_database]["meta"].update_one(
        {"_id": "schema"}, {"$inc": {"version": 1}}
    )
    client.close()

    assert (before, await mongo_storage.ready()) == (True, False)
    with pytest.raises(ExchangeError) as caught:
        await layout_of(mongod_uri, database=mongo_database)
    assert caught.value.code is ErrorCode.DATABASE_NEWER


async def test_check_says_what_an_upgrade_would_do_and_changes_nothing(
    mongod_uri: str,
    mongo_database: str,
    old: Raw,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = await everything(old)
    config = tmp_path / "lienthong.toml"
    config.write_text(
        f'[mongodb]\nuri = "{mongod_uri}"\ndatabase = "{mongo_database}"\n', "utf-8"
    )
    words = ("--config", str(config), "--json")

    async def say(*more: str) -> tuple[int, dict[str, Any]]:
        code = await asyncio.to_thread(main, ["upgrade", *more, *words])
        return code, json.loads(capsys.readouterr().out)

    checked, said = await say("--check")
    unchanged = await everything(old)
    done, _ = await say()
    again, current = await say("--check")

    assert (checked, done, again) == (2, 0, 0)
    assert (said["found"], said["known"]) == (1, VERSION)
    looked_at = [one["documents"] for one in said["pending"]]
    assert looked_at == [2, DOCUMENTS, DOCUMENTS, COUNTED, COUNTED]
    assert unchanged == before
    assert (current["found"], current["pending"]) == (VERSION, [])


async def test_indexes_that_others_took_the_place_of_go(
    mongod_uri: str, mongo_database: str, old: Raw
) -> None:
    deliveries = old["deliveries"]
    for name, keys in (
        ("unchecked", ["envelope", "state"]),
        ("waiting", ["state", "_id"]),
        ("of an operator", ["steps"]),
    ):
        pattern = [(key, 1) for key in keys]
        only = {"state": "available"}
        await deliveries.create_index(pattern, name=name, partialFilterExpression=only)

    opening = (opened(mongod_uri, mongo_database) for _ in range(2))
    for storage in await asyncio.gather(*opening):
        await storage.close()

    found = await deliveries.index_information()
    assert not {"unchecked", "waiting"} & set(found)
    assert {"open", "of an operator"} <= set(found)


async def test_site_of_layout_four_gets_the_indexes_of_today(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage
) -> None:
    """The same ones as a new site; documents stay as they are."""
    client = open_client(mongod_uri, patience_seconds=10)
    database = open_database(client, mongo_database)
    today = await indexes_of_notices_and_bodies(database)
    await become_layout_four(database)
    await load_notices(database, 3)
    before = await everything(database)

    opening = (opened(mongod_uri, mongo_database) for _ in range(2))
    storages = await asyncio.gather(*opening)
    after = await everything(database)
    upgraded = await indexes_of_notices_and_bodies(database)
    found = [await one.notices.any_due(now=NOW) for one in storages]
    for one in storages:
        await one.close()
    client.close()

    assert upgraded == today
    assert before.pop("meta") != after.pop("meta")
    assert before == after
    assert found == [True, True]


async def become_layout_four(database: Database) -> None:
    """Give a new database what that layout had in place of the indexes of today."""
    for name in ("waiting_of_each", "of_one"):
        await database["notices"].drop_index(name)
    await database["bodies"].drop_index("unclaimed")
    await database["notices"].create_index(
        [("next_at", 1), ("_id", 1)],
        name="due",
        partialFilterExpression={"state": "waiting"},
    )
    await database["meta"].update_one({"_id": "schema"}, {"$set": {"version": 4}})


async def indexes_of_notices_and_bodies(database: Database) -> list[set[str]]:
    found = [await database[one].index_information() for one in ("notices", "bodies")]
    return [set(one) for one in found]
