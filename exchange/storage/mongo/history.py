"""Keeping a moment of the database readable for as long as somebody reads it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from math import ceil
from typing import Final
from uuid import uuid4

from pymongo.errors import OperationFailure, PyMongoError

from exchange.storage.mongo.driver import Client, Database, Document

_WINDOW: Final = "minSnapshotHistoryWindowInSeconds"
HISTORY_GROWS_SECONDS: Final = 60.0
_MISSED: Final = 3
"""So many times its window did not grow, and a reader counts as killed."""

_ROWS: Final = {"_id": {"$gte": "history/", "$lt": "history0"}}
_READING: Final = {**_ROWS, "$expr": {"$gt": ["$until", "$$NOW"]}}
_OVER: Final = {**_ROWS, "$expr": {"$lte": ["$until", "$$NOW"]}}


@asynccontextmanager
async def kept_history(
    database: Database, *, every_seconds: float
) -> AsyncIterator[None]:
    """Have the primary keep what it can read now until this ends, however long.

    It would keep it for five minutes. The window grows with the time that has passed,
    rather than to a day at once: old versions take room, and a process that is killed
    leaves a window no longer than what it used, until the next that reads alone has
    ended. Many may read at a time; whoever ends last puts the window back. An account
    that may not change it leaves it as it is, and who reads hears that the moment is
    gone.

    Args:
        database: whose `leases` say who reads.
        every_seconds: how often the window grows.

    Raises:
        PyMongoError: no primary answers.
    """
    reader = _Reader(database, every_seconds)
    try:
        await reader.begin()
    except OperationFailure:
        yield
        return
    growing = asyncio.create_task(reader.grow())
    try:
        yield
    finally:
        # A command that was cancelled half way might still be done after the end.
        reader.done.set()
        await growing
        # What was read is whole; the next one puts back what this one could not.
        with suppress(PyMongoError):
            await reader.end()


class _Reader:
    """One of those that read: a row of `leases`, by the clock of the database.

    The row knows the window as it is without readers. It is there before the window
    grows and goes once it is put back, so none takes what another raised for the usual.
    """

    def __init__(self, database: Database, every_seconds: float) -> None:
        self._client: Client = database.client
        self._leases = database["leases"]
        self._every = every_seconds
        self._row = f"history/{uuid4().hex}"
        self._usual = 0
        self._began = time.monotonic()
        self.done = asyncio.Event()

    async def begin(self) -> None:
        """Learn the usual window, let others know of this one, and raise it."""
        before = await self._known()
        window = await _window(self._client)
        # Who came after the first look may have raised what was then found.
        self._usual = min([window, *before, *await self._known()])
        await self._stay()

    async def grow(self) -> None:
        """Let the window grow until all is read."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self.done.wait()
                    return
            with suppress(PyMongoError):
                await self._stay()

    async def end(self) -> None:
        """Put the window back, unless somebody else reads on."""
        await self._leases.update_one({"_id": self._row}, [_until("$$NOW")])
        if await self._leases.find_one(_READING) is None:
            await _set_window(self._client, self._usual)
            await self._leases.delete_many(_OVER)

    async def _known(self) -> list[int]:
        """Return the usual window as others that read, or were killed, found it."""
        return [one["usual"] async for one in self._leases.find(_ROWS)]

    async def _stay(self) -> None:
        until = {"$add": ["$$NOW", int(_MISSED * self._every * 1000)]}
        change = _until(until, usual=self._usual)
        await self._leases.update_one({"_id": self._row}, [change], upsert=True)
        passed = time.monotonic() - self._began
        seconds = self._usual + ceil(passed + 2 * self._every)
        # One who began before may need it longer.
        if await _window(self._client) < seconds:
            await _set_window(self._client, seconds)


def _until(end: object, **values: int) -> Document:
    return {"$set": {"until": end, **values}}


async def _window(client: Client) -> int:
    """Return how many seconds the primary keeps what was.

    Raises:
        OperationFailure: the account may not know.
    """
    found = await client.admin.command({"getParameter": 1, _WINDOW: 1})
    return int(found[_WINDOW])


async def _set_window(client: Client, seconds: int) -> None:
    # Who reads hears it from the database if the moment is gone nevertheless.
    with suppress(PyMongoError):
        await client.admin.command({"setParameter": 1, _WINDOW: seconds})
