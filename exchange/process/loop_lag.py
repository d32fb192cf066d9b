"""How late the event loop of a process is: what blocks it, blocks everybody."""

import asyncio

from exchange.http.metrics import Metrics

_LOOK_SECONDS = 0.1


class LoopLag:
    """Measures ten times a second by how much a short rest is too long.

    Args:
        metrics: of the process.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def turn(self) -> None:
        """Rest once and take note."""
        clock = asyncio.get_running_loop().time
        due = clock() + _LOOK_SECONDS
        await asyncio.sleep(_LOOK_SECONDS)
        self._metrics.lagged(max(0.0, clock() - due))
