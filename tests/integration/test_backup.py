"""A hub that was restored is the hub that was backed up, or nothing at all."""

import asyncio
import signal
import sys
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase

from exchange.backup.checking import BackupReading, Expected, check_backup
from exchange.backup.known_log import KnownHead
from exchange.backup.locks import Passphrase
from exchange.backup.making import BackupOrder, make_backup
from exchange.backup.restoring import restore
from exchange.domain.parties import Agency
from exchange.errors import ExchangeError
from exchange.services import Hub
from exchange.storage.mongo.dump import SAVED, open_refill, open_snapshot
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.mongo.upgrading import RESTORED
from exchange.usecases.audit_log import audit_leaves
from schemas.backup import BackupManifest
from schemas.errors import ErrorCode
from schemas.merkle import root
from tests.support.pki import NOW, TestPki
from tests.support.stored import (
    PROVINCE,
    acceptance,
    agency,
    audit_line,
    deliver,
    envelope_id,
    in_pieces,
)
from tests.support.world import hub_of

pytestmark = pytest.mark.integration

Admin = AsyncIOMotorDatabase[dict[str, Any]]
LOCK = Passphrase(b"mat khau", log_n=4)
MANY = 30
LARGE = b"large" * 500_000
BACKLOG, MOST_MEMORY = 36 << 20, 30 << 20
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HISTORY = "minSnapshotHistoryWindowInSeconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A database with something in it, and what backs it up."""

    uri: str
    name: str
    storage: MongoStorage
    hub: Hub
    file: Path

    @property
    def order(self) -> BackupOrder:
        return BackupOrder(hub=self.hub, lock=LOCK, at=NOW, configuration=b"[hub]\n")

    @property
    def expected(self) -> Expected:
        signers = (self.hub.receipt.certificate,)
        return Expected(hub_id=self.hub.hub_id, signers=signers)

    async def back_up(self) -> BackupManifest:
        async with open_snapshot(self.uri, database=self.name) as snapshot:
            return await make_backup(snapshot, self.order, self.file)

    async def restore_into(self, name: str) -> BackupManifest:
        checked = check_backup(self.file, LOCK, self.expected)
        async with open_refill(self.uri, database=name) as refill:
            reading = BackupReading(self.file, LOCK)
            await restore(
                refill,
                reading,
                checked,
                expected=self.expected,
                told=lambda _name, _count: None,
            )
        return checked

    async def everything(self, name: str) -> dict[str, list[dict[str, Any]]]:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.uri)
        # How long the log was when it was restored is the restored database's own.
        kept = {"_id": {"$ne": RESTORED}}
        found = {
            one: [row async for row in client[name][one].find(kept).sort("_id", 1)]
            for one in SAVED
        }
        client.close()
        return found


@pytest.fixture
async def site(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage, tmp_path: Path
) -> Site:
    agencies: list[Agency] = [agency(f"H99.{number}") for number in range(3)]
    await mongo_storage.directory.import_agencies(agencies, audit=audit_line())
    for number in range(1, 4):
        await deliver(mongo_storage, number)
    await mongo_storage.envelopes.store_chunks("b", in_pieces(LARGE, 1 << 20))
    await mongo_storage.envelopes.accept(acceptance(4, body=LARGE, body_chunks="b"))
    await mongo_storage.log.sequence(limit=100)
    return Site(
        uri=mongod_uri,
        name=mongo_database,
        storage=mongo_storage,
        hub=hub_of(TestPki.create()),
        file=tmp_path / "hub.backup",
    )


async def test_restored_database_is_the_one_backed_up(site: Site) -> None:
    made = await site.back_up()
    checked = await site.restore_into(f"{site.name}_back")
    again = await open_mongo_storage(site.uri, database=f"{site.name}_back")
    size = await again.log.size()
    await again.close()

    assert made == checked
    assert size == made.log_size == await site.storage.log.size() > 0
    assert await site.everything(f"{site.name}_back") == await site.everything(
        site.name
    )
    assert site.file.stat().st_mode & 0o777 == 0o600


async def test_cursor_of_before_a_restore_goes_on_where_the_backup_ended(
    site: Site,
) -> None:
    end = (await site.back_up()).log_size - 1
    await deliver(site.storage, 11)
    await site.storage.log.sequence(limit=100)
    cursor = await site.storage.log.size() + 9
    await site.restore_into(f"{site.name}_back")

    again = await open_mongo_storage(site.uri, database=f"{site.name}_back")
    await deliver(again, 12)
    await again.log.sequence(limit=100)
    places = [await again.log.place_of(one) for one in (end + 1, cursor)]
    (item,) = await again.envelopes.inbox([PROVINCE], after=places[1], limit=9)
    await again.close()

    assert places == [end + 1, end]
    assert item.envelope.envelope_id == envelope_id(12)


async def test_backup_taken_while_mail_comes_in_is_of_one_moment(site: Site) -> None:
    async def come_in() -> None:
        for number in range(10, 10 + MANY):
            await site.storage.envelopes.accept(acceptance(number))
            await site.storage.log.sequence(limit=100)

    coming = asyncio.create_task(come_in())
    await site.back_up()
    await coming
    # Auditing holds each envelope to its log entry and the log to its root.
    checked = await site.restore_into(f"{site.name}_back")

    assert checked.log_size < await site.storage.log.size()


async def test_nothing_is_restored_over_what_is_there(site: Site) -> None:
    await site.back_up()
    before = await site.everything(site.name)

    with pytest.raises(ExchangeError) as caught:
        await site.restore_into(site.name)

    assert caught.value.code is ErrorCode.DATABASE_NOT_EMPTY
    assert await site.everything(site.name) == before
    assert await site.storage.ready()


async def test_restore_that_was_cut_short_opens_for_nobody_and_can_be_repeated(
    site: Site,
) -> None:
    await site.back_up()
    name = f"{site.name}_back"
    async with open_refill(site.uri, database=name) as refill:
        await refill.begin()
        for document in BackupReading(site.file, LOCK).documents():
            if document.collection == "envelopes":
                await refill.add("envelopes", [document.data])

    with pytest.raises(ExchangeError) as caught:
        await open_mongo_storage(site.uri, database=name)
    await site.restore_into(name)

    assert caught.value.code is ErrorCode.DATABASE_RESTORING
    assert await site.everything(name) == await site.everything(site.name)


async def test_backup_of_another_hub_or_signer_is_refused(site: Site) -> None:
    await site.back_up()
    other = hub_of(TestPki.create()).receipt.certificate
    foreign = (
        replace(site.expected, hub_id="hub-2"),
        replace(site.expected, signers=(other,)),
    )

    for expected in foreign:
        with pytest.raises(ExchangeError) as caught:
            check_backup(site.file, LOCK, expected)
        assert caught.value.code is ErrorCode.BACKUP_FOREIGN


async def test_backup_of_a_log_that_went_another_way_is_refused(site: Site) -> None:
    made = await site.back_up()
    size = made.log_size - 1
    leaves = await site.storage.log.leaves(0, limit=size)
    ours = root(audit_leaves((), 0, tuple(leaves)))
    head = KnownHead(log_id=made.log_id, size=size, root_hash=ours)

    assert check_backup(site.file, LOCK, site.expected, known=head) == made
    other = replace(head, root_hash=bytes(32))
    with pytest.raises(ExchangeError) as caught:
        check_backup(site.file, LOCK, site.expected, known=other)

    assert caught.value.code is ErrorCode.BACKUP_FOREIGN
    assert caught.value.place == "log root"


async def test_backup_that_lacks_an_envelope_of_its_log_is_not_opened(
    site: Site,
) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(site.uri)
    await client[site.name]["log"].delete_one({"_id": 1})
    client.close()
    await site.back_up()

    with pytest.raises(Exception, match=ErrorCode.LOG_PROOF_INVALID.value):
        await site.restore_into(f"{site.name}_back")
    with pytest.raises(ExchangeError) as caught:
        await open_mongo_storage(site.uri, database=f"{site.name}_back")

    assert caught.value.code is ErrorCode.DATABASE_RESTORING


async def test_backup_never_replaces_a_file_and_leaves_no_half(site: Site) -> None:
    site.file.write_bytes(b"earlier")

    with pytest.raises(ExchangeError) as caught:
        await site.back_up()

    assert caught.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert site.file.read_bytes() == b"earlier"
    assert list(site.file.parent.glob("hub.backup*")) == [site.file]


async def test_killed_backup_leaves_no_file_and_is_repeated_without_gap(
    site: Site,
) -> None:
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.struck_backup"),
        *(site.uri, site.name, str(site.file), "20"),
    )
    status = await killed.wait()
    left = [one.name for one in site.file.parent.iterdir()]

    made = await site.back_up()
    checked = check_backup(site.file, LOCK, site.expected)

    assert status == -signal.SIGKILL
    assert left == ["hub.backup.unfinished"]
    assert [one.name for one in site.file.parent.iterdir()] == ["hub.backup"]
    assert checked == made


async def test_backups_of_one_state_hold_the_same_bytes(site: Site) -> None:
    first = await site.back_up()
    site.file.unlink()

    again = await site.back_up()

    assert again.parts == first.parts
    assert again.root_hash == first.root_hash


async def test_moment_is_kept_as_long_as_it_is_read_and_no_longer(site: Site) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(site.uri)
    admin = client.admin
    await admin.command({"setParameter": 1, HISTORY: 1})
    async with open_snapshot(
        site.uri, database=site.name, every_seconds=0.2
    ) as snapshot:
        before = await snapshot.state()
        for number in range(10, 16):
            await deliver(site.storage, number)
            await asyncio.sleep(0.5)
        log = [one async for one in snapshot.documents("log")]
    after = await admin.command({"getParameter": 1, HISTORY: 1})
    await admin.command({"setParameter": 1, HISTORY: 300})
    client.close()

    assert len(log) == before.log_size
    assert after[HISTORY] == 1


@pytest.fixture
async def usual_history(mongod_uri: str) -> AsyncIterator[Admin]:
    """The database where a moment is kept for a second, but for those who ask more."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongod_uri)
    await client.admin.command({"setParameter": 1, HISTORY: 1})
    yield client.admin
    await client.admin.command({"setParameter": 1, HISTORY: 300})
    client.close()


async def window(admin: Admin) -> int:
    found = await admin.command({"getParameter": 1, HISTORY: 1})
    return int(found[HISTORY])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "second"])
async def test_backup_that_ends_leaves_the_moment_of_another_and_the_last_none(
    site: Site, usual_history: Admin, order: tuple[int, int]
) -> None:
    opening = [
        open_snapshot(site.uri, database=site.name, every_seconds=60) for _ in range(2)
    ]
    windows = []
    for one in opening:
        await one.__aenter__()
    for place in order:
        await opening[place].__aexit__(None, None, None)
        windows.append(await window(usual_history))

    assert windows[0] > 60
    assert windows[1] == 1
    assert await readers(site) == []


async def test_what_a_killed_backup_raised_is_put_back_by_the_next(
    site: Site, usual_history: Admin
) -> None:
    leases = usual_history.client[site.name]["leases"]
    killed = {"_id": "history/killed", "until": LONG_AGO, "usual": 1}
    await leases.insert_one(killed)
    await usual_history.command({"setParameter": 1, HISTORY: 900})

    await site.back_up()

    assert await window(usual_history) == 1
    assert await readers(site) == []


async def readers(site: Site) -> list[str]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(site.uri)
    found = await client[site.name]["leases"].find().to_list(None)
    client.close()
    return [one["_id"] for one in found]


async def test_backup_of_a_backlog_holds_a_few_documents_in_memory(site: Site) -> None:
    pieces = in_pieces(bytes(BACKLOG), 1 << 20)
    await site.storage.envelopes.store_chunks("backlog", pieces)
    tracemalloc.start()
    try:
        made = await site.back_up()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert sum(one.size for one in made.parts) > BACKLOG
    assert peak < MOST_MEMORY
