"""The service process: its roles are prepared, started, and then they listen.

It stops in the opposite order on SIGTERM or SIGINT: no new requests, the running ones
finish, the loops stop, then mongod.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import structlog

from exchange.certification.office import CaThread
from exchange.config import Settings
from exchange.process.base import (
    Base,
    collect_garbage_rarely,
    listen_for_operators,
    listen_publicly,
)
from exchange.process.ca_role import CaRole
from exchange.process.console import listen_for_people
from exchange.process.exchange_role import ExchangeRole
from exchange.process.listen_in_workers import listen_in_workers
from exchange.process.loop_lag import LoopLag
from exchange.process.ports import Ports, announced
from exchange.process.time_stamping import start_time_stamping
from exchange.publication import FollowedPublication
from exchange.services import Services
from exchange.settings.server import Role
from pki.ca.hierarchy import system_clock

_log = structlog.get_logger()


async def serve(
    settings: Settings,
    folder: Path,
    *,
    clock: Callable[[], datetime] = system_clock,
    started: Callable[[Ports], None] = lambda _ports: None,
) -> None:
    """Run the service until it is told to stop.

    Args:
        settings: everything an operator sets.
        folder: holds the embedded database and `run/service.json`.
        clock: gives the time.
        started: called once all listeners are open.

    Raises:
        CodedError: the service cannot start; the code and place say why.
    """
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        async with running(settings, folder, clock=clock) as ports:
            _log.info("service.started", **asdict(ports))
            collect_garbage_rarely()
            started(ports)
            await stop.wait()
            _log.info("service.stopping")


@asynccontextmanager
async def running(
    settings: Settings, folder: Path, *, clock: Callable[[], datetime] = system_clock
) -> AsyncIterator[Ports]:
    """Run the service for the length of the block.

    Raises:
        CodedError: the service cannot start.
    """
    exchange = ExchangeRole(settings) if Role.EXCHANGE in settings.roles else None
    ca = CaRole(settings) if Role.CA in settings.roles else None
    publication = _publication(settings, clock)
    async with AsyncExitStack() as opened:
        base = Base(settings=settings, folder=folder, clock=clock, opened=opened)
        await base.repeat("loop_lag", LoopLag(base.metrics).turn)
        services = await exchange.start(base) if exchange else None
        thread = await ca.start(base) if ca else None
        admin_port = await listen_for_operators(base)
        stamping = await start_time_stamping(base)
        public_port = (
            await listen_publicly(base, publication, stamping) if publication else None
        )
        agency_port = (
            await _listen(base, exchange, services) if exchange and services else None
        )
        enrolment_port = await ca.listen(base, thread) if ca and thread else None
        console_port = await _listen_for_people(base, services, thread)
        ports = Ports(
            pid=os.getpid(),
            host=settings.server.host,
            agency_port=agency_port,
            public_port=public_port,
            admin_port=admin_port,
            enrolment_port=enrolment_port,
            console_port=console_port,
            http_workers=settings.server.http_workers if exchange else 0,
        )
        with announced(folder, ports):
            yield ports


async def _listen(base: Base, exchange: ExchangeRole, services: Services) -> int:
    if base.settings.server.http_workers == 1:
        return await exchange.listen(base, services)
    return await listen_in_workers(base, exchange, services)


async def _listen_for_people(
    base: Base, services: Services | None, ca: CaThread | None
) -> int | None:
    if services is None or not base.settings.console.enabled:
        return None
    return await listen_for_people(base, services, ca)


def _publication(
    settings: Settings, clock: Callable[[], datetime]
) -> FollowedPublication | None:
    folder = settings.publication.folder
    return None if folder is None else FollowedPublication(folder, settings, clock)


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for one in signals:
        loop.add_signal_handler(one, stop.set)
    try:
        yield
    finally:
        for one in signals:
            loop.remove_signal_handler(one)
