"""The service process: database, keys, trust, workers and listeners, in this order.

It stops in the opposite order on SIGTERM or SIGINT: no new requests, the running ones
finish, the loops stop, then mongod.
"""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from ssl import SSLContext

import structlog
from cryptography import x509

from exchange.app import Listener, create_admin_app, create_app, listening
from exchange.config import AuthMode, KeySettings, Settings, is_loopback
from exchange.database import open_database
from exchange.delivery.loops import repeat
from exchange.errors import ExchangeError
from exchange.http.metrics import Metrics
from exchange.http.public_desk import PublicDesk
from exchange.http.public_listener import PublicServer, listening_publicly
from exchange.http.tls import server_context
from exchange.keys import open_key
from exchange.pdf_workers import PooledPdfReader
from exchange.publication import FollowedPublication
from exchange.services import Hub, Services
from exchange.signals import Signals
from exchange.trust import FollowedTrust
from pki.files import read_private_file, write_atomically
from pki.hierarchy import system_clock
from pki.keys.api import Credential
from pki.layout import is_demo_root
from schemas.errors import ErrorCode
from signing.workers.pool import WorkerPool

_LOOPBACK = "127.0.0.1"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where a running service listens; `run/service.json` says the same.

    Args:
        public_port: None where nothing is published.
    """

    pid: int
    host: str
    agency_port: int
    public_port: int | None
    admin_port: int


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
        started: called once both listeners are open.

    Raises:
        CodedError: the service cannot start; the code and place say why.
    """
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        async with running(settings, folder, clock=clock) as ports:
            _log.info("service.started", **asdict(ports))
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
    hub, trust, tls = _hub(settings), FollowedTrust(settings.trust), _tls(settings)
    publication = _publication(settings, clock)
    _refuse_demo_root_beyond_loopback(settings, trust)
    async with AsyncExitStack() as opened:
        storage = await opened.enter_async_context(
            open_database(settings.mongodb, folder)
        )
        pool = await opened.enter_async_context(_pool(settings))
        await opened.enter_async_context(_repeating("trust", trust.turn))
        if publication is not None:
            await opened.enter_async_context(
                _repeating("publication", publication.turn)
            )
        services = Services(
            storage=storage,
            clock=clock,
            hub=hub,
            trust=trust,
            pdfs=PooledPdfReader(pool),
            signals=Signals(),
            limits=settings.limits,
        )
        ports = await _listen(
            opened, settings, services, tls=tls, publication=publication
        )
        with _announced(folder, ports):
            yield ports


async def _listen(
    opened: AsyncExitStack,
    settings: Settings,
    services: Services,
    *,
    tls: SSLContext | None,
    publication: FollowedPublication | None,
) -> Ports:
    metrics = Metrics()
    owner = f"{socket.gethostname()}:{os.getpid()}"
    agency = create_app(services, auth=settings.auth, metrics=metrics, owner=owner)
    admin = create_admin_app(services, metrics)
    server = settings.server
    admin_port = await opened.enter_async_context(
        listening(admin, Listener(host=_LOOPBACK, port=server.admin_port))
    )
    public_port = None
    if publication is not None:
        desk = PublicDesk(publication)
        public_port = await opened.enter_async_context(
            listening_publicly(
                PublicServer(desk, metrics, services.clock),
                host=server.public_host,
                port=server.public_port,
            )
        )
    listener = Listener(
        host=server.host,
        port=server.port,
        tls=tls,
        drain_seconds=server.drain_seconds,
    )
    agency_port = await opened.enter_async_context(listening(agency, listener))
    return Ports(
        pid=os.getpid(),
        host=server.host,
        agency_port=agency_port,
        public_port=public_port,
        admin_port=admin_port,
    )


def _publication(
    settings: Settings, clock: Callable[[], datetime]
) -> FollowedPublication | None:
    folder = settings.publication.folder
    return None if folder is None else FollowedPublication(folder, settings, clock)


def _hub(settings: Settings) -> Hub:
    return Hub(
        hub_id=settings.hub.id,
        log_id=settings.hub.log_id,
        receipt=_credential(settings.keys.receipt, "keys.receipt"),
        log=_credential(settings.keys.log, "keys.log"),
    )


def _credential(settings: KeySettings, name: str) -> Credential:
    if not settings.uri:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=f"{name}.uri")
    return open_key(settings)


def _tls(settings: Settings) -> SSLContext | None:
    """Return the TLS of the agency listener; none only in development."""
    if settings.auth is AuthMode.DEVELOPMENT:
        return None
    if settings.tls.key is not None:
        # Read for its check alone: a key open to others is refused.
        read_private_file(settings.tls.key)
    return server_context(settings.tls)


def _refuse_demo_root_beyond_loopback(settings: Settings, trust: FollowedTrust) -> None:
    roots = map(x509.load_der_x509_certificate, trust.material.roots)
    if not any(map(is_demo_root, roots)):
        return
    server = settings.server
    for place, host in (("host", server.host), ("public_host", server.public_host)):
        if not is_loopback(host):
            raise ExchangeError(
                ErrorCode.CONFIGURATION_INVALID, place=f"server.{place}"
            )


def _pool(settings: Settings) -> WorkerPool:
    limits = settings.limits
    return WorkerPool(
        settings.server.workers, limits.pdf_memory_bytes, limits.pdf_seconds
    )


@asynccontextmanager
async def _repeating(
    name: str, turn: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    task = asyncio.create_task(repeat(name, turn), name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _announced(folder: Path, ports: Ports) -> Iterator[None]:
    """Say in `run/service.json` where the service listens, while it does."""
    path = folder / "run" / "service.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(asdict(ports)).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


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
