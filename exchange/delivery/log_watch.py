"""Wakes the inboxes of a process that does not sequence.

Whoever sequences tells it at once; this looks for itself as well, because what is told
may be lost.
"""

import asyncio

from exchange.services import Services

_LOOK_SECONDS = 2.0


class LogWatch:
    """Looks how far the log has grown, and wakes whoever waits for it.

    Args:
        services: of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._size = -1

    async def turn(self) -> None:
        """Wait two seconds and look."""
        await asyncio.sleep(_LOOK_SECONDS)
        size = await self._services.storage.log.size()
        if size != self._size:
            self._size = size
            if self._services.signals.mailroom.after < size - 1:
                self._services.signals.grown()
