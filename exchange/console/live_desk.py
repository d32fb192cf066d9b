"""What the streams of one process share."""

import asyncio

from aiohttp import web


class LiveDesk:
    """What the streams of one process share.

    Attributes:
        closing: set when the console stops.
    """

    def __init__(self) -> None:
        self.closing = asyncio.Event()

    async def close(self, _app: web.Application) -> None:
        """Let all streams end, so that nobody waits for them."""
        self.closing.set()
