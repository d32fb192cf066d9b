"""The audit proves each published line in the log, and names the first it cannot."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.domain.log_entries import SequencedLogEntry
from exchange.storage.memory import MemoryStorage
from exchange.storage.memory.tables import Tables
from exchange.usecases.audit_ca_journals import (
    JournalAudit,
    LogAudit,
    audit_ca_journals,
)
from exchange.usecases.enter_ca_journal import enter_ca_journal
from schemas.errors import ErrorCode, SchemaError
from tests.support.journals import LABEL, add_lines, line, publish
from tests.support.stored import acceptance
from tests.support.world import World, make_world


@pytest.fixture
async def world() -> World:
    return await make_world()


async def entered(world: World, path: Path) -> None:
    await enter_ca_journal(world.services, path)
    await world.services.storage.log.sequence(limit=1000)


async def audit(world: World, folder: Path) -> LogAudit:
    return await audit_ca_journals(world.services.storage, folder)


def tables_of(world: World) -> Tables:
    """Reach behind the ports, as somebody with the database in hands can."""
    storage = world.services.storage
    assert isinstance(storage, MemoryStorage)
    tables: Tables = storage.log._tables
    return tables


async def test_every_line_is_proved(world: World, tmp_path: Path) -> None:
    for count, label in ((5, LABEL), (3, "root")):
        await entered(world, publish(tmp_path, count, label=label))
        await world.services.storage.envelopes.accept(acceptance(count))
        await world.services.storage.log.sequence(limit=1000)
    found = await audit(world, tmp_path)
    assert found.size == 10
    assert found.journals == (
        JournalAudit(label=LABEL, published=5, proved=5),
        JournalAudit(label="root", published=3, proved=3),
    )
    assert all(one.is_complete for one in found.journals)


async def test_what_waits_is_told_apart(world: World, tmp_path: Path) -> None:
    path = publish(tmp_path, 3)
    await entered(world, path)
    add_lines(path, 4, 5)
    await enter_ca_journal(world.services, path)
    add_lines(path, 6, 7)
    (found,) = (await audit(world, tmp_path)).journals
    assert found == JournalAudit(label=LABEL, published=7, proved=3)
    assert not found.is_complete


async def test_nothing_published_is_nothing_found(world: World, tmp_path: Path) -> None:
    assert (await audit(world, tmp_path)).journals == ()


async def test_rewritten_and_vanished_journals_are_named(
    world: World, tmp_path: Path
) -> None:
    path = publish(tmp_path, 3)
    await entered(world, path)
    path.write_text(path.read_text().replace(line(2), line(9)))
    (found,) = (await audit(world, tmp_path)).journals
    assert found.failure is not None
    assert found.failure.code is ErrorCode.JOURNAL_BROKEN
    path.unlink()
    (found,) = (await audit(world, tmp_path)).journals
    assert found.failure is not None
    assert found.failure.code is ErrorCode.JOURNAL_BROKEN


Attack = Callable[[Tables], None]


def _twice(tables: Tables) -> None:
    tables.entries.append(replace(tables.entries[1], index=3))


def _gone(tables: Tables) -> None:
    del tables.entries[1]


def _swapped(tables: Tables) -> None:
    first, second, third = tables.entries
    tables.entries[:] = [_as(first, second), _as(second, first), third]


def _as(place: SequencedLogEntry, other: SequencedLogEntry) -> SequencedLogEntry:
    return replace(place, entry=other.entry)


def _moved(tables: Tables) -> None:
    first, second, third = tables.entries
    tables.entries[:] = [first, replace(second, index=2), replace(third, index=1)]


def _changed(tables: Tables) -> None:
    entry = tables.entries[1].entry
    leaf = entry.leaf.replace(b'"hub-1"', b'"hub-2"')
    tables.entries[1] = SequencedLogEntry(index=1, entry=replace(entry, leaf=leaf))


def _other_tree(tables: Tables) -> None:
    tables.nodes[0, 1] = bytes(32)


def _no_tree(tables: Tables) -> None:
    del tables.nodes[0, 0]


@pytest.mark.parametrize(
    "attack",
    [_twice, _gone, _swapped, _moved, _changed, _other_tree, _no_tree],
    ids=lambda one: one.__name__.strip("_"),
)
async def test_tampered_log_is_seen(
    world: World, tmp_path: Path, attack: Attack
) -> None:
    await entered(world, publish(tmp_path, 3))
    attack(tables_of(world))
    (found,) = (await audit(world, tmp_path)).journals
    assert found.failure is not None
    assert found.failure.code is ErrorCode.LOG_PROOF_INVALID
    assert found.proved < 3


async def test_log_without_its_edge_is_refused(world: World, tmp_path: Path) -> None:
    await entered(world, publish(tmp_path, 3))
    del tables_of(world).nodes[1, 0]
    with pytest.raises(SchemaError) as caught:
        await audit(world, tmp_path)
    assert caught.value.code is ErrorCode.LOG_PROOF_INVALID
