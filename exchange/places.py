"""A few places that urgent work gets first, and other work gets too."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_URGENT_IN_A_ROW = 3
"""After so many, one that is not urgent gets a place, if any waits."""


class Places:
    """Hands places to whoever waits, the urgent first, none left out for ever.

    Args:
        number: how many may be held at a time.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._in_a_row = 0

    @asynccontextmanager
    async def held(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold a place for the length of the block."""
        await self._take(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._give()

    async def _take(self, queue: deque[asyncio.Future[None]]) -> None:
        if self._free:
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        queue.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        """Hand a place to the next that still waits."""
        while queue := self._next():
            place = queue.popleft()
            if not place.done():
                self._in_a_row = self._in_a_row + 1 if queue is self._urgent else 0
                place.set_result(None)
                return
        self._free += 1

    def _next(self) -> deque[asyncio.Future[None]] | None:
        is_others_turn = self._in_a_row >= _URGENT_IN_A_ROW and self._others
        if self._urgent and not is_others_turn:
            return self._urgent
        return self._others or self._urgent or None
