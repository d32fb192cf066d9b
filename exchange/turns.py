"""The processor of one process, taken in turns.

Many requests may be ready at the same moment: they wait for the same commit, or their
last bytes came together. One after the other without a pause, they would keep
everybody else from the event loop for all of that time.
"""

import asyncio
from types import TracebackType


class Turns:
    """A context manager: at most one block between two turns of the event loop."""

    def __init__(self) -> None:
        self._free = asyncio.Lock()

    async def __aenter__(self) -> None:
        """Wait for a turn."""
        await self._free.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the event loop look after others before the next turn."""
        try:
            await asyncio.sleep(0)
        finally:
            self._free.release()
