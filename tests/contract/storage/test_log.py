import asyncio
import random
from dataclasses import replace

import pytest

from exchange.storage.ports import Arrivals, Storage
from exchange.usecases.audit_log import AuditedLog, audit_log
from schemas.merkle import (
    inclusion_coordinates,
    inclusion_path,
    leaf_hash,
    node_hash,
    verify_inclusion,
)
from tests.support.stored import (
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


async def read_path(storage: Storage, index: int, size: int) -> tuple[bytes, ...]:
    nodes = await storage.log.nodes(inclusion_coordinates(index, size))
    return inclusion_path(index, size, lambda *where: nodes[where])


async def test_empty_log_has_size_zero(storage: Storage) -> None:
    assert await storage.log.size() == 0
    assert list(await storage.log.sequence(limit=10)) == []
    assert await storage.log.nodes([(0, 0)]) == {}


async def test_a_place_is_in_the_log(storage: Storage) -> None:
    nothing = [await storage.log.place_of(cursor) for cursor in (-1, 0, 9)]
    await deliver(storage, 1)
    await storage.log.sequence(limit=10)

    places = [await storage.log.place_of(cursor) for cursor in (-1, 0, 1, 2, 10**14)]

    assert (nothing, places) == ([-1, -1, -1], [-1, 0, 1, 1, 1])


async def test_entries_are_sequenced_oldest_first(storage: Storage) -> None:
    numbers = list(range(12))
    random.Random(7).shuffle(numbers)
    for number in numbers:
        await storage.envelopes.accept(acceptance(number))

    first = await storage.log.sequence(limit=5)
    second = await storage.log.sequence(limit=50)

    assert [one.index for one in (*first, *second)] == list(range(12))
    assert [one.entry.envelope_id for one in (*first, *second)] == [
        envelope_id(number) for number in range(12)
    ]
    assert len(first) == 5
    assert await storage.log.size() == 12


async def test_arrivals_are_whom_new_entries_show_something(storage: Storage) -> None:
    nothing = await storage.log.arrivals(-1, limit=10)
    assert nothing == Arrivals(frozenset(), -1)
    await storage.envelopes.accept(acceptance(1, recipients=(PROVINCE, MINISTRY)))
    await storage.log.sequence(limit=10)
    # Accepted is not yet delivered.
    assert await storage.log.arrivals(-1, limit=10) == Arrivals(frozenset(), 0)
    await storage.envelopes.record_step(step(1, recipients=(PROVINCE, MINISTRY)))
    await storage.envelopes.accept(acceptance(2))
    done = await storage.log.sequence(limit=10)

    both = frozenset({PROVINCE, MINISTRY})
    assert await storage.log.reached(done) == both
    assert await storage.log.reached(done[-1:]) == frozenset()
    assert await storage.log.reached(()) == frozenset()
    assert await storage.log.arrivals(-1, limit=10) == Arrivals(both, 2)
    assert await storage.log.arrivals(-1, limit=1) == Arrivals(frozenset(), 0)
    assert await storage.log.arrivals(2, limit=10) == Arrivals(frozenset(), 2)


async def test_entry_moves_from_pending_to_sequenced(storage: Storage) -> None:
    await deliver(storage, 1)
    pending = await storage.log.pending_of(envelope_id(1))

    await storage.log.sequence(limit=10)

    assert len(pending) == 2
    assert await storage.log.pending_of(envelope_id(1)) == []
    entries = await storage.log.entries_of(envelope_id(1))
    assert [one.index for one in entries] == [0, 1]
    assert [one.entry for one in entries] == list(pending)
    assert await storage.log.entries_of(envelope_id(2)) == []


async def test_entry_that_waits_longest_is_known_until_it_is_in_the_log(
    storage: Storage,
) -> None:
    assert await storage.log.oldest_waiting() is None
    for number in (2, 1):
        await storage.envelopes.accept(acceptance(number))
    oldest = await storage.log.oldest_waiting()

    await storage.log.sequence(limit=10)

    assert oldest == acceptance(1).entry.entry_id
    assert await storage.log.oldest_waiting() is None


@pytest.mark.parametrize("batch", [1, 3, 50])
async def test_every_entry_is_proved_at_every_size(
    storage: Storage, batch: int
) -> None:
    for number in range(13):
        await storage.envelopes.accept(acceptance(number))
    leaves: list[bytes] = []
    while grown := await storage.log.sequence(limit=batch):
        leaves.extend(one.entry.leaf for one in grown)

    for size in range(1, 14):
        root = naive_root(leaves[:size])
        for index in range(size):
            path = await read_path(storage, index, size)
            verify_inclusion(
                leaf_hash(leaves[index]), path, index=index, size=size, root=root
            )


async def test_incomplete_nodes_are_absent(storage: Storage) -> None:
    for number in range(3):
        await storage.envelopes.accept(acceptance(number))
    await storage.log.sequence(limit=10)

    nodes = await storage.log.nodes([(1, 0), (1, 1), (2, 0), (0, 3)])

    assert set(nodes) == {(1, 0)}


async def test_two_sequencers_give_each_index_once(storage: Storage) -> None:
    for number in range(40):
        await storage.envelopes.accept(acceptance(number))

    async def run() -> list[int]:
        given: list[int] = []
        while grown := await storage.log.sequence(limit=3):
            given.extend(one.index for one in grown)
        return given

    both = await asyncio.gather(run(), run())

    assert sorted(both[0] + both[1]) == list(range(40))
    assert await storage.log.size() == 40


async def test_leaves_come_with_the_nodes_they_complete(storage: Storage) -> None:
    for number in range(13):
        await storage.envelopes.accept(acceptance(number))
    leaves = [one.entry.leaf for one in await storage.log.sequence(limit=50)]

    found = await storage.log.leaves(0, limit=100)

    assert [(one.index, one.content) for one in found] == list(enumerate(leaves))
    assert [len(one.nodes) for one in found] == [1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1]
    assert found[7].nodes[-1] == naive_root(leaves[:8])
    assert await storage.log.leaves(5, limit=3) == found[5:8]
    assert await storage.log.leaves(13, limit=3) == ()


async def test_audited_log_has_the_root_of_its_entries(storage: Storage) -> None:
    for number in range(13):
        await storage.envelopes.accept(acceptance(number))
    leaves = [one.entry.leaf for one in await storage.log.sequence(limit=50)]

    assert await audit_log(storage) == AuditedLog(13, naive_root(leaves))


async def test_urgent_entries_go_ahead_of_those_that_do_not_fit(
    storage: Storage,
) -> None:
    for number in range(1, 9):
        made = acceptance(number)
        urgency = {7: 1, 8: 3}.get(number, 0)
        entry = replace(made.entry, urgency=urgency)
        await storage.envelopes.accept(replace(made, entry=entry))

    rounds = [await storage.log.sequence(limit=5) for _ in range(2)]

    numbers = [[int(one.entry.envelope_id) for one in done] for done in rounds]
    assert numbers == [[8, 7, 1, 2, 3], [4, 5, 6]]
