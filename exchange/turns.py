"""The processor of one process, taken in turns.

Many requests may be ready at the same moment: they wait for the same commit, or their
last bytes came together. One after the other without a pause, they would keep
everybody else from the event loop for all of that time.
"""

import asyncio
from collections import deque
from types import TracebackType


class Turns:
    """A context manager: at most one block between two turns of the event loop."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False

    async def __aenter__(self) -> None:
        """Wait for a turn."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._pass_on()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the event loop look after others before the next turn."""
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the turn to who waits longest; it is taken up after one of the loop."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        if self._waiting:
            self._pass_on()
        else:
            self._is_taken = False
