"""Keeping a moment of the database readable for as long as somebody reads it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from math import ceil
from typing import Final

from pymongo.errors import OperationFailure, PyMongoError

from exchange.storage.mongo.driver import Client

_WINDOW: Final = "minSnapshotHistoryWindowInSeconds"
HISTORY_GROWS_SECONDS: Final = 60.0


@asynccontextmanager
async def kept_history(client: Client, *, every_seconds: float) -> AsyncIterator[None]:
    """Have the primary keep what it can read now until this ends, however long.

    It would keep it for five minutes. The window grows with the time that has passed,
    rather than to a day at once: old versions take room, and a process that is killed
    leaves a window no longer than what it used. An account that may not change it
    leaves it as it is, and who reads hears that the moment is gone.

    Args:
        client: of the database.
        every_seconds: how often the window grows.

    Raises:
        PyMongoError: no primary answers.
    """
    try:
        usual = await _window(client)
    except OperationFailure:
        yield
        return
    growing = asyncio.create_task(_grow(client, usual, every_seconds))
    try:
        yield
    finally:
        growing.cancel()
        with suppress(asyncio.CancelledError):
            await growing
        await _set_window(client, usual)


async def _grow(client: Client, usual: int, every_seconds: float) -> None:
    began = time.monotonic()
    while True:
        passed = time.monotonic() - began
        await _set_window(client, usual + ceil(passed + 2 * every_seconds))
        await asyncio.sleep(every_seconds)


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
