"""Three mongods as one replica set, on Unix sockets; members die and come back."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from exchange.storage.mongo.replica_set import NAME
from exchange.storage.mongod import Layout, Mongod, find_binary, spawn
from tests.support.station import Station

_MEMBERS = 3
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.1
_ELECTION_MILLISECONDS = 2000


@dataclass(slots=True)
class ReplicaSet:
    """Members by the folder each keeps its data in."""

    members: dict[Path, Mongod]

    @property
    def uri(self) -> str:
        """Where all members are."""
        sockets = (quote(str(one.socket), safe="") for one in self.members.values())
        return f"mongodb://{','.join(sockets)}/?replicaSet={NAME}"

    async def primary(self) -> Mongod:
        """Wait for a primary."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                for one in self.members.values():
                    if (await _hello(one)).get("isWritablePrimary"):
                        return one
                await asyncio.sleep(_POLL_SECONDS)

    async def revive(self, dead: Mongod) -> None:
        """Start a member again on what it had, and wait until it follows."""
        folder = next(at for at, one in self.members.items() if one is dead)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while dead.running():  # noqa: ASYNC110 - another process ends
                await asyncio.sleep(_POLL_SECONDS)
            self.members[folder] = _start(folder)
            await self._become_whole()

    async def _become_whole(self) -> None:
        while not await self._is_whole():  # noqa: ASYNC110 - other processes vote
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_whole(self) -> bool:
        answers = [await _hello(one) for one in self.members.values()]
        roles = [
            (bool(one.get("isWritablePrimary")), bool(one.get("secondary")))
            for one in answers
        ]
        return sorted(roles) == [(False, True)] * (_MEMBERS - 1) + [(True, False)]

    async def initiate(self) -> None:
        """Make one set of the members."""
        members = [
            {"_id": number, "host": str(one.socket)}
            for number, one in enumerate(self.members.values())
        ]
        configuration = {
            "_id": NAME,
            "members": members,
            "settings": {"electionTimeoutMillis": _ELECTION_MILLISECONDS},
        }
        first = next(iter(self.members.values()))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await _hello(first):  # noqa: ASYNC110 - another process starts
                await asyncio.sleep(_POLL_SECONDS)
            async with AsyncMongoClient[dict[str, Any]](_direct(first)) as client:
                await client.admin.command("replSetInitiate", configuration)
            await self._become_whole()


@asynccontextmanager
async def replica_set(folder: Path) -> AsyncIterator[ReplicaSet]:
    """Run a set of three until the end of the block."""
    folders = [folder / f"m{number}" for number in range(_MEMBERS)]
    running = ReplicaSet({one: _start(one) for one in folders})
    try:
        await running.initiate()
        yield running
    finally:
        for member in running.members.values():
            member.signal(signal.SIGKILL)
        for data in folders:
            Layout(data.absolute()).forget_socket()


@dataclass(slots=True)
class ClusterStation(Station):
    """A station whose database is a set of its own."""

    cluster: ReplicaSet | None = field(default=None, kw_only=True)

    def uri(self) -> str:
        """Where the set is reached."""
        if self.cluster is None:
            raise LookupError("no set runs")
        return self.cluster.uri


def _start(folder: Path) -> Mongod:
    layout = Layout(folder.absolute())
    layout.prepare()
    return spawn(find_binary(), layout, replica_set=NAME)


def _direct(member: Mongod) -> str:
    socket = quote(str(member.socket), safe="")
    return f"mongodb://{socket}/?directConnection=true&serverSelectionTimeoutMS=2000"


async def _hello(member: Mongod) -> dict[str, Any]:
    try:
        async with AsyncMongoClient[dict[str, Any]](_direct(member)) as client:
            return dict(await client.admin.command("hello"))
    except PyMongoError:
        return {}
