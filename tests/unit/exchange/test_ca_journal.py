"""CA actions enter the log exactly once, in order; a rewritten journal is an alarm."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from exchange.delivery.ca_journal import (
    CHECKED_AGAIN,
    LEASE,
    CaJournalFollower,
    FollowedJournals,
)
from exchange.domain.log_entries import SequencedLogEntry
from exchange.http.metrics import Metrics
from schemas.errors import ErrorCode
from schemas.evidence import LogEntry
from schemas.vocabulary import LogEntryType
from tests.support.journals import LABEL, add_lines, line, publish
from tests.support.world import World, make_world


@dataclass
class Alarms:
    """Remembers what it was told last of each journal."""

    broken: dict[str, bool] = field(default_factory=dict)

    def __call__(self, label: str, *, broken: bool) -> None:
        self.broken[label] = broken


@pytest.fixture
async def world() -> World:
    return await make_world()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


def follower(
    world: World, folder: Path, alarms: Alarms, owner: str = "one"
) -> CaJournalFollower:
    journals = FollowedJournals(folder=folder, alarm=alarms)
    return CaJournalFollower(world.services, journals, owner=owner)


async def logged(world: World) -> list[SequencedLogEntry]:
    await world.services.storage.log.sequence(limit=10_000)
    subjects = [
        f"{label}/{number}" for label in (LABEL, "root") for number in range(60)
    ]
    return list(await world.services.storage.ca_journals.entries(subjects))


async def numbers(world: World) -> list[str]:
    return [one.entry.envelope_id for one in await logged(world)]


def subjects(first: int, last: int) -> list[str]:
    return [f"{LABEL}/{number}" for number in range(first, last + 1)]


async def test_entry_attests_the_published_line(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    publish(tmp_path, 2)
    await follower(world, tmp_path, alarms).follow()
    (_, second) = await logged(world)
    entry = LogEntry.from_bytes(second.entry.leaf)
    assert (entry.type, entry.subject) == (LogEntryType.CA_ACTION, f"{LABEL}/2")
    assert (entry.actor, entry.at) == ("hub-1", world.services.now())
    assert entry.attests(line(2).encode())
    assert not entry.attests(line(1).encode())


async def test_what_is_added_is_entered_once_and_in_order(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    path = publish(tmp_path, 3)
    publish(tmp_path, 2, label="root")
    following = follower(world, tmp_path, alarms)
    await following.follow()
    add_lines(path, 4, 5)
    await following.follow()
    await following.follow()
    await follower(world, tmp_path, alarms).follow()
    entered = await numbers(world)
    assert [one for one in entered if one in subjects(0, 60)] == subjects(1, 5)
    assert len(entered) == 7
    assert alarms.broken == {LABEL: False, "root": False}


async def test_half_a_line_is_entered_once_it_is_whole(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    path = publish(tmp_path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    following = follower(world, tmp_path, alarms)
    await following.follow()
    assert await numbers(world) == subjects(1, 2)
    path.write_bytes(whole)
    await following.follow()
    assert await numbers(world) == subjects(1, 3)


async def test_long_journal_is_entered_in_batches(
    world: World, tmp_path: Path, alarms: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (
        "exchange.usecases.enter_ca_journal",
        "exchange.delivery.ca_journal",
    ):
        monkeypatch.setattr(f"{module}.LINES_AT_ONCE", 7)
    publish(tmp_path, 20)
    following = follower(world, tmp_path, alarms)
    assert [await following.follow() for _ in range(3)] == [True, True, False]
    assert await numbers(world) == subjects(1, 20)


async def test_order_holds_when_the_next_process_has_an_earlier_clock(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    path = publish(tmp_path, 3)
    one = follower(world, tmp_path, alarms)
    await one.follow()
    await one.stop()
    add_lines(path, 4, 6)
    world.clock.move(hours=-1)
    await follower(world, tmp_path, alarms, "other").follow()
    assert await numbers(world) == subjects(1, 6)


async def test_rewritten_journal_raises_the_alarm_and_enters_nothing(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    path = publish(tmp_path, 3)
    following = follower(world, tmp_path, alarms)
    await following.follow()
    good = path.read_text()
    path.write_text(good.replace(line(2), line(2, secret="changed")))
    add_lines(path, 4, 5)
    with capture_logs() as logs:
        await following.follow()
        await following.follow()
    assert [(one["log_level"], one["event"], one["code"]) for one in logs] == [
        ("error", "ca_journal.broken", ErrorCode.JOURNAL_BROKEN)
    ]
    assert alarms.broken == {LABEL: True}
    assert await numbers(world) == subjects(1, 3)
    path.write_text(good)
    add_lines(path, 4, 4)
    await following.follow()
    assert alarms.broken == {LABEL: False}
    assert await numbers(world) == subjects(1, 4)


async def test_vanished_journal_raises_the_alarm(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    path = publish(tmp_path, 3)
    following = follower(world, tmp_path, alarms)
    await following.follow()
    path.unlink()
    await following.follow()
    assert alarms.broken == {LABEL: True}


async def test_broken_journal_does_not_hold_up_the_others(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    publish(tmp_path, 3).write_text("no digest\n" * 100)
    publish(tmp_path, 2, label="root")
    await follower(world, tmp_path, alarms).follow()
    assert await numbers(world) == ["root/1", "root/2"]
    assert alarms.broken == {LABEL: True, "root": False}


@pytest.mark.parametrize(
    "passed", [CHECKED_AGAIN, timedelta(hours=-7)], ids=["in time", "clock set back"]
)
async def test_forged_time_of_a_file_is_seen_through(
    world: World, tmp_path: Path, alarms: Alarms, passed: timedelta
) -> None:
    path = publish(tmp_path, 3)
    following = follower(world, tmp_path, alarms)
    await following.follow()
    found = path.stat()
    path.write_text(path.read_text().replace(line(1), line(9)))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    await following.follow()
    assert alarms.broken == {LABEL: False}
    world.clock.move(seconds=passed.total_seconds())
    await following.follow()
    assert alarms.broken == {LABEL: True}


async def test_only_the_holder_of_the_lease_enters(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    publish(tmp_path, 3)
    leases = world.services.storage.leases
    now = world.services.now()
    await leases.acquire(LEASE, owner="other", now=now, seconds=60)
    await follower(world, tmp_path, alarms).follow()
    assert await numbers(world) == []


async def test_alarm_goes_with_the_lease(
    world: World, tmp_path: Path, alarms: Alarms
) -> None:
    publish(tmp_path, 3).write_text("no digest\n" * 100)
    following = follower(world, tmp_path, alarms)
    await following.follow()
    world.clock.move(minutes=1)
    leases = world.services.storage.leases
    now = world.services.now()
    await leases.acquire(LEASE, owner="other", now=now, seconds=60)
    await following.follow()
    assert alarms.broken == {LABEL: False}


def test_alarm_is_a_metric() -> None:
    metrics = Metrics()
    metrics.journal_alarm(LABEL, broken=True)
    assert f'lienthong_ca_journal_alarm{{ca="{LABEL}"}} 1.0' in metrics.page().decode()
