"""Does all durable steps against a database, and kills at one of its answers.

    python -m tests.support.durable_client URI DATABASE PROCESS NUMBER

When the database has acknowledged write NUMBER, PROCESS is killed: this one (0), before
it has heard of it, or the database. Each step that was answered is told in a line.
"""

import asyncio
import os
import signal
import sys
from typing import Final

from pymongo import monitoring

from exchange.storage.mongo.store import open_mongo_storage
from tests.support.durable_steps import go_on

_WRITES: Final = {"insert", "update", "delete", "findAndModify", "commitTransaction"}


class Killer(monitoring.CommandListener):
    """Counts acknowledged writes and kills at one of them."""

    def __init__(self, process: int, number: int) -> None:
        self._process = process or os.getpid()
        self._left = number
        self.writes = 0
        self.is_armed = False

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Only answers count."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Only answers count."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count a write that is durable, or a part of a transaction."""
        if not self.is_armed or event.command_name not in _WRITES:
            return
        self.writes += 1
        if self.writes == self._left:
            os.kill(self._process, signal.SIGKILL)


async def _run(uri: str, database: str, killer: Killer) -> None:
    storage = await open_mongo_storage(uri, database=database)
    killer.is_armed = True
    await go_on(storage, answered=0, heard=lambda: print("step", flush=True))  # noqa: T201 read by the test
    killer.is_armed = False
    print("writes", killer.writes, flush=True)  # noqa: T201 read by the test
    await storage.close()


if __name__ == "__main__":
    _killer = Killer(int(sys.argv[3]), int(sys.argv[4]))
    monitoring.register(_killer)
    asyncio.run(_run(sys.argv[1], sys.argv[2], _killer))
