"""kill -9 while journals grow: each line of each CA is in the log once, in order."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from exchange.delivery.ca_journal import CaJournalFollower, FollowedJournals
from exchange.storage.mongo.driver import open_client, open_database
from exchange.storage.mongo.store import MongoStorage
from exchange.storage.ports import AuditQuery
from exchange.usecases.enter_ca_journal import enter_ca_journal
from schemas.errors import ErrorCode
from schemas.evidence import LogEntry
from schemas.vocabulary import AuditEvent
from tests.support.cli import Said, lienthong
from tests.support.journals import add_lines, line, publish
from tests.support.stored import acceptance
from tests.support.world import World, make_world

pytestmark = pytest.mark.integration

LABELS = ("issuing-organisations", "issuing-persons", "issuing-systems-2")

FOLLOWER = """
import asyncio, sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from exchange.delivery import ca_journal
from exchange.storage.mongo.store import open_mongo_storage
from tests.support.stored import acceptance
from tests.support.world import make_world

def alarm(label, *, broken):
    if broken:
        print("broken", label, flush=True)

async def main(uri, database, folder, owner):
    storage = await open_mongo_storage(uri, database=database)
    world = await make_world()
    services = replace(
        world.services, storage=storage, clock=lambda: datetime.now(UTC)
    )
    journals = ca_journal.FollowedJournals(folder=Path(folder), alarm=alarm)
    following = ca_journal.CaJournalFollower(services, journals, owner=owner)
    # Nobody waits for another's lease here: storage alone has to hold.
    ca_journal.LEASE = f"lease of {owner}"
    print("begun", flush=True)
    while True:
        await following.follow()
        await storage.log.sequence(limit=50)

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A database and the folder its service follows."""

    uri: str
    database: str
    folder: Path

    async def start(self, owner: str) -> asyncio.subprocess.Process:
        """Start a process that follows the journals; it has begun at return."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            FOLLOWER,
            self.uri,
            self.database,
            str(self.folder),
            owner,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        return process


async def kill(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for one in processes:
        os.kill(one.pid, signal.SIGKILL)
        said, _ = await one.communicate()
        assert said == b""


async def world_on(storage: MongoStorage) -> World:
    world = await make_world()
    return replace(world, services=replace(world.services, storage=storage))


async def logged(storage: MongoStorage, label: str, count: int) -> list[LogEntry]:
    """Return the log entries of the first lines of a journal, in log order."""
    wanted = [f"{label}/{number}" for number in range(1, count + 100)]
    found = await storage.ca_journals.entries(wanted)
    return [LogEntry.from_bytes(one.entry.leaf) for one in found]


async def entered(storage: MongoStorage, count: int) -> None:
    """Return when all lines of all journals have their place in the log."""
    async with asyncio.timeout(60):
        while True:
            positions = await storage.ca_journals.positions()
            if [one.number for one in positions] == [count] * len(LABELS):
                break
            await asyncio.sleep(0.05)
    while await storage.log.sequence(limit=10_000):
        pass


async def test_killed_followers_enter_each_line_once_and_in_order(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage, tmp_path: Path
) -> None:
    site = Site(mongod_uri, mongo_database, tmp_path)
    paths = [publish(tmp_path, 5, label=label) for label in LABELS]
    written = 5
    for _ in range(2):
        running = await asyncio.gather(site.start("one"), site.start("two"))
        for _ in range(15):
            for path in paths:
                add_lines(path, written + 1, written + 4)
            written += 4
            await asyncio.sleep(0.02)
        await kill(running)
    last = await site.start("three")
    await entered(mongo_storage, written)
    await kill([last])

    for label in LABELS:
        entries = await logged(mongo_storage, label, written)
        numbers = range(1, written + 1)
        assert [one.subject for one in entries] == [f"{label}/{n}" for n in numbers]
        for number, entry in zip(numbers, entries, strict=True):
            assert entry.attests(line(number, label=label).encode())
    assert await mongo_storage.log.size() == len(LABELS) * written


async def test_rewritten_journal_is_an_alarm_after_a_restart(
    mongo_storage: MongoStorage, tmp_path: Path
) -> None:
    world = await world_on(mongo_storage)
    for label in LABELS:
        publish(tmp_path, 4, label=label)
    alarms: dict[str, bool] = {}

    def alarm(label: str, *, broken: bool) -> None:
        alarms[label] = broken

    journals = FollowedJournals(folder=tmp_path, alarm=alarm)
    await CaJournalFollower(world.services, journals, owner="one").follow()
    rewritten = tmp_path / f"{LABELS[1]}.journal"
    text = rewritten.read_text()
    rewritten.write_text(text.replace(line(1), line(1, secret="another")))
    for label in LABELS:
        add_lines(tmp_path / f"{label}.journal", 5, 6)
    world.clock.move(minutes=1)
    await CaJournalFollower(world.services, journals, owner="two").follow()
    await mongo_storage.log.sequence(limit=10_000)

    assert alarms == {one: one == LABELS[1] for one in LABELS}
    counts = [len(await logged(mongo_storage, label, 6)) for label in LABELS]
    assert counts == [6, 4, 6]


async def test_audit_by_command_says_up_to_where_the_log_proves(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage, tmp_path: Path
) -> None:
    config = tmp_path / "lienthong.toml"
    config.write_text(
        f'mongodb = {{ uri = "{mongod_uri}", database = "{mongo_database}" }}\n'
        'publication = { folder = "pki" }\n'
    )
    folder = tmp_path / "pki"
    folder.mkdir()
    words = ("log", "audit", "--config", config, "--var", tmp_path)

    async def audit(*more: str) -> Said:
        return await asyncio.to_thread(lienthong, *words, *more)

    empty = await audit("--lang", "en")
    path = publish(folder, 3)
    services = (await world_on(mongo_storage)).services
    await enter_ca_journal(services, path)
    waiting = await audit("--json")
    await mongo_storage.log.sequence(limit=10)
    whole = await audit("--json", "--whole")
    path.write_text(path.read_text().replace(line(2), line(9)))
    broken = await audit("--json")
    told = await audit("--lang", "en")

    assert (empty.code, empty.out) == (0, "No CA publishes a journal.\n")
    assert [one.code for one in (waiting, whole, broken, told)] == [2, 0, 1, 1]
    assert whole.json["log"]["size"] == 3
    assert whole.json["journals"] == [
        {
            "ca": "issuing-persons",
            "published": 3,
            "proved": 3,
            "complete": True,
            "error": None,
        }
    ]
    assert waiting.json["journals"][0]["proved"] == 0
    assert broken.json["journals"][0]["error"]["code"] == ErrorCode.JOURNAL_BROKEN
    assert "WRONG: issuing-persons/3" in told.out
    assert "journal was changed" in told.err
    recorded = await mongo_storage.audit.search(
        AuditQuery(event=AuditEvent.LOG_AUDITED, limit=3)
    )
    codes = [one.code for one in recorded.lines]
    assert codes == [ErrorCode.JOURNAL_BROKEN, ErrorCode.JOURNAL_BROKEN, ""]
    assert dict(recorded.lines[2].facts)["whole"] == "true"


async def test_audit_of_the_whole_log_names_a_changed_entry(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage, tmp_path: Path
) -> None:
    for number in range(5):
        await mongo_storage.envelopes.accept(acceptance(number))
    await mongo_storage.log.sequence(limit=10)
    client = open_client(mongod_uri, patience_seconds=10)
    log = open_database(client, mongo_database)["log"]
    await log.update_one({"_id": 3}, {"$set": {"leaf": b"{}"}})
    client.close()
    config = tmp_path / "lienthong.toml"
    config.write_text(
        f'mongodb = {{ uri = "{mongod_uri}", database = "{mongo_database}" }}\n'
    )
    words = ("log", "audit", "--config", config, "--var", tmp_path, "--json")

    said = await asyncio.to_thread(lienthong, *words, "--whole")

    assert (said.code, said.error) == (1, ErrorCode.LOG_PROOF_INVALID)
    assert said.json["error"]["place"] == "3"
    (last,) = await mongo_storage.audit.lines(limit=1)
    assert (last.event, last.code) == (
        AuditEvent.LOG_AUDITED,
        ErrorCode.LOG_PROOF_INVALID,
    )
