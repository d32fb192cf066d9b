"""A time-out that counts silence: over a slow line much may take long and move."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

_PIECE = 64 * 1024
"""Bytes of a body that are handed to the line at once."""


class Movement:
    """Ends what is done within it once nothing has moved for so long.

    Args:
        seconds: of silence.

    Raises:
        TimeoutError: they are over.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)
        self._is_over = False

    async def __aenter__(self) -> Self:
        """Begin to count."""
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Count no more."""
        self._is_over = True
        await self._timeout.__aexit__(kind, error, trace)

    def goes_on(self) -> None:
        """Count anew: something has moved."""
        if not self._is_over and not self._timeout.expired():
            now = asyncio.get_running_loop().time()
            self._timeout.reschedule(now + self._seconds)

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        """Yield a body as the line takes it."""
        for start in range(0, len(body), _PIECE):
            self.goes_on()
            yield body[start : start + _PIECE]
        self.goes_on()
