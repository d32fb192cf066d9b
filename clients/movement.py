"""A time-out that counts silence: over a slow line much may take long and move."""

import asyncio
from io import BytesIO
from types import TracebackType
from typing import Self


class Movement:
    """Ends what is done within it once nothing has moved for so long.

    Args:
        seconds: of silence.

    Attributes:
        has_moved: whether anything did.

    Raises:
        TimeoutError: they are over.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)
        self._is_over = False
        self.has_moved = False

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
        self.has_moved = True
        if not self._is_over and not self._timeout.expired():
            now = asyncio.get_running_loop().time()
            self._timeout.reschedule(now + self._seconds)


class WatchedBody(BytesIO):
    """A body that tells when the line takes more of it.

    Args:
        content: of the body.
        movement: is told.
    """

    def __init__(self, content: bytes, movement: Movement) -> None:
        super().__init__(content)
        self._movement = movement

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes; what was read before has been taken."""
        self._movement.goes_on()
        return super().read(size)
