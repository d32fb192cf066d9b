"""A real service process on a site of its own: killed, started again, looked into.

The service and its mongod are processes; peers reach it over mutual TLS; the database
is read from outside, through the socket that mongod's command line names.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote

import aiohttp

from clients.profile import load_profile
from clients.transport import client_tls
from exchange.demo.directory import fill_directory
from exchange.demo.ports import free_port
from exchange.demo.province import Office
from exchange.demo.service import (
    Launch,
    RunningService,
    launch_program,
    start_service,
)
from exchange.demo.site import Site, build_site, write_profiles
from exchange.settings.database import MongoSettings
from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.mongod import Layout, Mongod, find_running
from tests.support.processes import http_workers_of

_START_SECONDS = 240.0  # on a machine that is busy with much else
_GONE_SECONDS = 120.0


@dataclass(slots=True)
class Station:
    """A site and, while it runs, its service.

    Args:
        port: of the agency listener, the same after every start.
        workers: processes that take requests; 1 is the service itself.
        launch: how the service is started.
    """

    site: Site
    port: int
    workers: int = 1
    running: RunningService | None = field(default=None)
    launch: Launch = launch_program

    async def start(self) -> Self:
        """Start the service and wait until it listens."""
        self.running = await start_service(
            self.site.folder,
            workers=self.workers,
            seconds=_START_SECONDS,
            launch=self.launch,
        )
        return self

    @property
    def service(self) -> RunningService:
        """The running service."""
        if self.running is None:
            raise LookupError("the service does not run")
        return self.running

    @property
    def processes(self) -> tuple[int, ...]:
        """The service process, then its HTTP workers."""
        pid = self.service.process.pid
        return (pid, *http_workers_of(pid))

    @property
    def mongod(self) -> Mongod | None:
        """The mongod that has the site's data open."""
        return find_running(Layout(self.site.folder.absolute()))

    async def stop(self) -> None:
        """Ask the service to stop; a mongod that a kill left behind stops with it."""
        if self.running is not None:
            await self.running.stop()
            self.running = None
        await self.end_mongod(signal.SIGTERM)

    async def kill(self) -> None:
        """End the service without warning; its mongod lives on."""
        await self.service.kill()
        self.running = None

    async def end_mongod(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End mongod, if one runs, and wait until it is gone."""
        mongod = self.mongod
        if mongod is None:
            return
        with suppress(ProcessLookupError):
            os.kill(mongod.pid, number)
        async with asyncio.timeout(_GONE_SECONDS):
            while mongod.running():  # noqa: ASYNC110 - another process ends
                await asyncio.sleep(0.02)

    def uri(self) -> str:
        """Where the running mongod is reached from outside."""
        mongod = self.mongod
        if mongod is None:
            raise LookupError("mongod does not run")
        return f"mongodb://{quote(str(mongod.socket), safe='')}/?directConnection=true"

    @asynccontextmanager
    async def storage(self) -> AsyncIterator[MongoStorage]:
        """Open the storage of the running mongod without supervising it."""
        storage = await open_mongo_storage(self.uri())
        try:
            yield storage
        finally:
            await storage.close()

    @asynccontextmanager
    async def session(self, office: Office) -> AsyncIterator[aiohttp.ClientSession]:
        """Open kept-alive connections of an office's system, without retries."""
        address = load_profile(self.site.profile(office)).address
        connector = aiohttp.TCPConnector(ssl=client_tls(address), limit=0)
        async with aiohttp.ClientSession(address.url, connector=connector) as session:
            yield session


def make_station(folder: Path, *, workers: int = 1, public_port: int = 0) -> Station:
    """Build a site with keys, directory and a fixed free port; nothing runs yet."""
    site, port = Site(folder), free_port()
    build_site(site, public_port=public_port)
    text = site.config.read_text("utf-8")
    agency = f"\nport = {port}\npublic_port"
    site.config.write_text(text.replace("\nport = 0\npublic_port", agency), "utf-8")
    write_profiles(site, port)
    return Station(site, port, workers)


async def fill_and_leave(site: Site) -> None:
    """Fill a site's directory; its mongod runs on, and is the next service's."""
    mongo = EmbeddedMongo(site.folder)
    await mongo.start()
    try:
        await fill_directory(site, MongoSettings(uri=mongo.uri))
    finally:
        await mongo.detach()


@asynccontextmanager
async def run_station(
    folder: Path,
    *,
    workers: int = 1,
    public_port: int = 0,
    launch: Launch = launch_program,
) -> AsyncIterator[Station]:
    """Run a service on a new site; whatever is left of it is stopped at the end."""
    station = make_station(folder, workers=workers, public_port=public_port)
    station.launch = launch
    await fill_and_leave(station.site)
    try:
        yield await station.start()
    finally:
        await station.stop()
