"""Three real mongods in one replica set: killed, stepped down, stopped for a while.

They reach one another and are reached over Unix sockets, like the embedded one.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from exchange.storage.mongo.replica_set import NAME
from exchange.storage.mongod import Layout, Mongod, find_binary, find_running, spawn

_COUNT = 3
_ELECTION_MILLISECONDS = 1_000
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05


@dataclass(slots=True)
class ThreeNodes:
    """A replica set below one folder.

    Args:
        folder: gets a folder for each member; short, for the paths of sockets.
    """

    folder: Path
    members: list[Mongod] = field(default_factory=list)

    @property
    def uri(self) -> str:
        """Where a client reaches whichever is primary."""
        hosts = ",".join(quote(str(one.socket), safe="") for one in self.members)
        return f"mongodb://{hosts}/?replicaSet={NAME}"

    async def start(self) -> None:
        """Start the set and wait until it has a primary."""
        self.members = [self._spawn(number) for number in range(_COUNT)]
        await self._until_answering()
        hosts = [
            {"_id": number, "host": str(one.socket)}
            for number, one in enumerate(self.members)
        ]
        fresh = {
            "_id": NAME,
            "members": hosts,
            "settings": {"electionTimeoutMillis": _ELECTION_MILLISECONDS},
        }
        await self._command(0, {"replSetInitiate": fresh})
        await self.primary()

    async def stop(self) -> None:
        """End all members."""
        for one in self.members:
            one.signal(signal.SIGCONT)
            one.signal(signal.SIGKILL)
        for one in self.members:
            await _ended(one)

    async def primary(self) -> int:
        """Wait until one member can be written to; return which."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                for number in range(_COUNT):
                    with suppress(PyMongoError):
                        found = await self._command(number, {"hello": 1})
                        if found["isWritablePrimary"]:
                            return number
                await asyncio.sleep(_POLL_SECONDS)

    async def kill(self, number: int) -> None:
        """End a member as a power failure would."""
        with suppress(ProcessLookupError):
            os.kill(self.members[number].pid, signal.SIGKILL)
        await _ended(self.members[number])

    def revive(self, number: int) -> None:
        """Start a member that was killed on what it has on disk."""
        self.members[number] = self._spawn(number)

    def freeze(self, number: int) -> None:
        """Cut a member off: it neither answers nor learns that others go on."""
        self.members[number].signal(signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """Let a member go on that still believes what it believed."""
        self.members[number].signal(signal.SIGCONT)

    async def step_down(self, number: int) -> None:
        """Have a primary hand over in order."""
        with suppress(PyMongoError):
            await self._command(number, {"replSetStepDown": 10, "force": True})

    def _spawn(self, number: int) -> Mongod:
        layout = Layout(self.folder / str(number))
        layout.prepare()
        return find_running(layout) or spawn(find_binary(), layout, replica_set=NAME)

    async def _until_answering(self) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            for number in range(_COUNT):
                while True:
                    try:
                        await self._command(number, {"ping": 1})
                        break
                    except PyMongoError:
                        await asyncio.sleep(_POLL_SECONDS)

    async def _command(self, number: int, command: dict[str, Any]) -> dict[str, Any]:
        socket = quote(str(self.members[number].socket), safe="")
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            f"mongodb://{socket}/?directConnection=true",
            serverSelectionTimeoutMS=1_000,
            socketTimeoutMS=2_000,
        )
        try:
            answer: dict[str, Any] = await client.admin.command(command)
            return answer
        finally:
            client.close()


@asynccontextmanager
async def three_nodes(folder: Path) -> AsyncIterator[ThreeNodes]:
    """Run a set of three for the length of the block."""
    nodes = ThreeNodes(folder)
    try:
        await nodes.start()
        yield nodes
    finally:
        await nodes.stop()


async def _ended(one: Mongod) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while one.running():  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(_POLL_SECONDS)
