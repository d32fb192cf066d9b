import asyncio
from collections.abc import Sequence

import pytest

from exchange.domain.pacing import pause_after
from exchange.errors import ExchangeError, StorageUnavailableError
from exchange.storage.group import GroupCommitter
from schemas.errors import ErrorCode


class Store:
    """Takes numbers; refuses a group with a negative one, fails by one with a zero."""

    def __init__(
        self,
        failure: BaseException | None = None,
        *,
        at_zero: Exception | None = None,
    ) -> None:
        self.groups: list[list[int]] = []
        self.failure = failure
        self.at_zero = at_zero
        self.open = asyncio.Event()
        self.open.set()

    async def commit(self, group: Sequence[int]) -> None:
        await self.open.wait()
        await asyncio.sleep(0)
        if self.failure is not None:
            self.groups.append([])
            raise self.failure
        if self.at_zero is not None and 0 in group:
            raise self.at_zero
        if min(group) < 0:
            raise ExchangeError(ErrorCode.INTERNAL, place=str(min(group)))
        self.groups.append(list(group))

    def committer(
        self, *, limit: int = 100, gather_seconds: float = 0.0
    ) -> GroupCommitter[int]:
        return GroupCommitter(
            self.commit, weight=abs, limit=limit, gather_seconds=gather_seconds
        )


async def submit_all(committer: GroupCommitter[int], *items: int) -> list[object]:
    return list(
        await asyncio.gather(*map(committer.submit, items), return_exceptions=True)
    )


async def test_those_who_wait_together_are_committed_together() -> None:
    store = Store()

    await submit_all(store.committer(), 1, 2, 3)

    assert store.groups == [[1, 2, 3]]


async def test_group_keeps_below_the_limit() -> None:
    store = Store()

    await submit_all(store.committer(limit=5), 2, 3, 1, 9, 4, 1)

    assert store.groups == [[2, 3], [1], [9], [4, 1]]


async def test_one_at_fault_is_refused_alone() -> None:
    store = Store()

    answers = await submit_all(store.committer(), 1, -2, 3)

    assert [answers[0], answers[2]] == [None, None]
    assert isinstance(answers[1], ExchangeError)
    assert answers[1].place == "-2"
    assert store.groups == [[1], [3]]


async def test_one_at_fault_leaves_the_others_in_groups() -> None:
    store = Store()

    answers = await submit_all(store.committer(), 1, 2, 3, 4, 5, -6, 7, 8)

    assert [one is None for one in answers] == [True] * 5 + [False] + [True] * 2
    assert store.groups == [[1, 2, 3, 4], [5], [7, 8]]


async def test_failure_of_the_store_reaches_everybody_at_once() -> None:
    failure = StorageUnavailableError(ErrorCode.DATABASE_UNAVAILABLE)
    store = Store(failure)

    answers = await submit_all(store.committer(), 1, 2, 3)

    assert answers == [failure] * 3
    assert len(store.groups) == 1


async def test_what_nobody_foresaw_in_one_item_hinders_no_other() -> None:
    store = Store(at_zero=UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogate"))

    answers = await submit_all(store.committer(), 1, 2, 0, 4)

    assert [type(one).__name__ for one in answers] == [
        "NoneType",
        "NoneType",
        "UnicodeEncodeError",
        "NoneType",
    ]
    assert store.groups == [[1, 2], [4]]


async def test_committer_works_on_after_a_failure() -> None:
    store = Store(RuntimeError("defect"))
    committer = store.committer()
    await submit_all(committer, 1)
    store.failure = None

    assert await submit_all(committer, 2) == [None]


async def test_whoever_stops_waiting_does_not_stop_the_commit() -> None:
    store = Store()
    store.open.clear()
    committer = store.committer()
    waiting = [asyncio.create_task(committer.submit(number)) for number in (1, 2)]
    await asyncio.sleep(0)

    waiting[0].cancel()
    await asyncio.sleep(0)
    store.open.set()
    await waiting[1]
    await committer.drain()

    assert waiting[0].cancelled()
    assert sorted(number for group in store.groups for number in group) == [1, 2]


async def test_drain_waits_for_what_was_handed_in() -> None:
    store = Store()
    committer = store.committer(limit=1)
    tasks = [asyncio.create_task(committer.submit(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)

    await committer.drain()

    assert store.groups == [[1], [2], [3]]
    await asyncio.gather(*tasks)


async def test_group_that_follows_another_waits_for_those_who_come_now() -> None:
    store = Store()
    committer = store.committer(gather_seconds=0.01)

    async def come_back() -> None:
        await committer.submit(1)
        await committer.submit(3)

    store.open.clear()
    coming = asyncio.create_task(come_back())
    await asyncio.sleep(0)
    second = asyncio.create_task(committer.submit(2))
    await asyncio.sleep(0)
    store.open.set()
    await asyncio.gather(coming, second)

    assert store.groups == [[1], [2, 3]]


async def test_who_comes_alone_or_fills_a_group_waits_for_nobody() -> None:
    store = Store()
    committer = store.committer(limit=2, gather_seconds=3600.0)

    await committer.submit(1)
    await committer.submit(1)
    await submit_all(committer, 2, 2, 1, 1)

    assert store.groups == [[1], [1], [2], [2], [1, 1]]


class Keys:
    """Takes each number once; refuses a group with one that is taken, and names it."""

    def __init__(self, *taken: int) -> None:
        self.taken = set(taken)
        self.tries = 0

    async def commit(self, group: Sequence[int]) -> None:
        self.tries += 1
        stored = set(self.taken)
        for number in group:
            if number in stored:
                raise ExchangeError(ErrorCode.INTERNAL, place=str(number))
            stored.add(number)
        self.taken = stored

    def committer(self) -> GroupCommitter[int]:
        return GroupCommitter(
            self.commit,
            weight=abs,
            limit=1000,
            at_fault=lambda one, error: error.place == str(one),
        )


async def test_one_that_is_named_costs_the_others_one_more_try() -> None:
    keys = Keys(8)

    answers = await submit_all(keys.committer(), *range(1, 17))

    assert [n + 1 for n, one in enumerate(answers) if one is not None] == [8]
    assert keys.tries == 2
    assert keys.taken == set(range(1, 17))


async def test_of_several_that_are_named_one_is_done_where_none_was_before() -> None:
    keys = Keys(5)

    answers = await submit_all(keys.committer(), 1, 5, 2, 5, 6, 6)

    assert [one is None for one in answers] == [True, False, True, False, True, False]
    assert keys.taken == {1, 2, 5, 6}


@pytest.mark.parametrize(
    ("took", "waited"),
    [(0.001, 0.02), (0.08, 0.08), (30.0, 0.15)],
    ids=["at once", "a while", "a change of primary"],
)
def test_those_who_follow_are_waited_for_as_long_as_the_last_group_took(
    took: float, waited: float
) -> None:
    assert pause_after(took, shortest=0.02, longest=0.15) == waited
