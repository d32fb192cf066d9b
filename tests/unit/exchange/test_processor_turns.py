"""Work that keeps the processor is done a block at a time, with others in between."""

import asyncio

import pytest

from exchange.turns import Turns


class Loop:
    """Counts the turns of the event loop."""

    def __init__(self) -> None:
        self.turns = 0
        self._count()

    def _count(self) -> None:
        self.turns += 1
        self._next = asyncio.get_running_loop().call_soon(self._count)

    def end(self) -> None:
        self._next.cancel()


async def test_at_most_one_block_runs_between_two_turns_of_the_loop() -> None:
    turns, loop, taken = Turns(), Loop(), list[int]()

    async def work() -> None:
        for _ in range(3):
            async with turns:
                taken.append(loop.turns)

    await asyncio.gather(*(work() for _ in range(5)))
    loop.end()
    assert len(set(taken)) == len(taken) == 15


async def test_who_waits_longest_is_next() -> None:
    turns, taken = Turns(), list[int]()

    async def work(number: int) -> None:
        async with turns:
            taken.append(number)

    await asyncio.gather(*map(work, range(10)))
    assert taken == list(range(10))


@pytest.mark.parametrize("rounds", range(6))
async def test_turn_of_who_was_cancelled_is_passed_on(rounds: int) -> None:
    turns, taken = Turns(), list[int]()

    async def work(number: int) -> None:
        async with turns:
            taken.append(number)

    tasks = [asyncio.create_task(work(number)) for number in range(3)]
    for _ in range(rounds):
        await asyncio.sleep(0)
    tasks[1].cancel()
    async with asyncio.timeout(30):
        await asyncio.gather(*tasks, return_exceptions=True)
        await work(3)
    assert [one for one in taken if one != 1] == [0, 2, 3]


async def test_failure_inside_does_not_keep_the_turn() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="inside"):
        async with turns:
            raise ValueError("inside")
    async with asyncio.timeout(30), turns:
        pass
