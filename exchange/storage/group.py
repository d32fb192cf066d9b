"""Commits of callers that wait at the same time, done together.

A durable commit costs the same for one envelope as for thirty: while one group commits,
those who come meanwhile form the next. Where somebody came, more are coming: they are
given a moment. Who comes alone never waits for others.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from exchange.domain.pacing import pause_after
from exchange.errors import StorageUnavailableError
from schemas.errors import CodedError

Item = TypeVar("Item")
Outcome = BaseException | None

_TOLD_AT_ONCE = 4
"""Within one round of the event loop."""


def _nobody(_item: object, _error: CodedError) -> bool:
    return False


class GroupCommitter(Generic[Item]):
    """Hands waiting items to `commit` in groups; each item fares as if alone.

    Args:
        commit: stores all items of a group, or none and raises.
        weight: how much an item counts.
        limit: the most a group of several items may weigh.
        gather_seconds: how long a group that follows another one is waited for: at
            least so long, and as long as the one before took, which is long where
            there is much to do.
        longest_gather_seconds: but no longer; None: `gather_seconds`.
        at_fault: tells whether what `commit` raised names this item, which then fares
            so alone as well; where it names nobody, halves of the group are tried.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[None]],
        *,
        weight: Callable[[Item], int],
        limit: int,
        gather_seconds: float = 0.0,
        longest_gather_seconds: float | None = None,
        at_fault: Callable[[Item, CodedError], bool] = _nobody,
    ) -> None:
        self._commit = commit
        self._weight = weight
        self._limit = limit
        self._gather_seconds = gather_seconds
        longest = longest_gather_seconds
        self._longest = gather_seconds if longest is None else longest
        self._at_fault = at_fault
        self._waiting: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> None:
        """Return when `item` is stored; raise what `commit` raised for it.

        Somebody who stops waiting does not stop the commit.
        """
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        await future

    async def drain(self) -> None:
        """Return when nothing waits."""
        while self._runner is not None and not self._runner.done():
            await asyncio.wait([self._runner])

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            group, began = self._take(), clock()
            outcomes = await self._outcomes([item for item, _ in group])
            await self._tell(group, outcomes)
            await self._gather(clock() - began)

    async def _tell(
        self,
        group: Sequence[tuple[Item, asyncio.Future[None]]],
        outcomes: Sequence[Outcome],
    ) -> None:
        """Tell few at a time: each of them has an answer to write now."""
        for number, (_, future) in enumerate(group, start=1):
            _settle(future, outcomes[number - 1])
            if not number % _TOLD_AT_ONCE:
                await asyncio.sleep(0)

    async def _gather(self, took: float) -> None:
        """Give those a moment who come at the same time as others that wait."""
        weight = sum(self._weight(item) for item, _ in self._waiting)
        if 0 < weight < self._limit and self._gather_seconds:
            pause = pause_after(
                took, shortest=self._gather_seconds, longest=self._longest
            )
            await asyncio.sleep(pause)

    def _take(self) -> list[tuple[Item, asyncio.Future[None]]]:
        group = [self._waiting.popleft()]
        weight = self._weight(group[0][0])
        while self._waiting:
            weight += self._weight(self._waiting[0][0])
            if weight > self._limit:
                break
            group.append(self._waiting.popleft())
        return group

    async def _outcomes(self, items: Sequence[Item]) -> Sequence[Outcome]:
        outcome = await self._try(items)
        if not isinstance(outcome, Exception) or len(items) == 1:
            return [outcome] * len(items)
        if isinstance(outcome, StorageUnavailableError):
            return [outcome] * len(items)
        if isinstance(outcome, CodedError):
            named = [n for n, one in enumerate(items) if self._at_fault(one, outcome)]
            if named:
                return await self._apart(named, items, outcome)
        # One of them is at fault, most likely one alone: half of them are without it.
        middle = len(items) // 2
        first = await self._outcomes(items[:middle])
        return [*first, *await self._outcomes(items[middle:])]

    async def _apart(
        self, named: Sequence[int], items: Sequence[Item], refusal: CodedError
    ) -> Sequence[Outcome]:
        """Do the others without those that are named; of several, one may be stored."""
        apart = named if len(named) == 1 else named[1:]
        outcomes: dict[int, Outcome] = dict.fromkeys(apart, refusal)
        places = [n for n in range(len(items)) if n not in outcomes]
        found = await self._outcomes([items[n] for n in places])
        outcomes |= zip(places, found, strict=True)
        for n in named[1:]:
            [outcomes[n]] = await self._outcomes([items[n]])
        return [outcomes[n] for n in range(len(items))]

    async def _try(self, items: Sequence[Item]) -> Outcome:
        [outcome] = await asyncio.gather(self._commit(items), return_exceptions=True)
        return outcome


def _settle(future: asyncio.Future[None], outcome: Outcome) -> None:
    if future.done():
        return
    if outcome is None:
        future.set_result(None)
    else:
        future.set_exception(outcome)
