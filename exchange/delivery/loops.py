"""Loops that outlive their failures: logged, then tried again, more and more slowly."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

_log = structlog.get_logger()
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0


async def repeat(name: str, turn: Callable[[], Awaitable[None]]) -> None:
    """Take turns until cancelled; `turn` itself waits for work."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            await turn()
            pause = _FIRST_PAUSE_SECONDS
        except Exception:  # noqa: BLE001 the outermost edge of a worker loop
            _log.exception("loop.failed", loop=name, pause=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
