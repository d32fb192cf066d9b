"""What every process has, whatever its roles."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from exchange.app import Listener, create_admin_app, listening
from exchange.config import Settings
from exchange.delivery.loops import repeat
from exchange.errors import ExchangeError
from exchange.http.metrics import Metrics
from exchange.http.public_desk import PublicDesk, TimeStamping
from exchange.http.public_listener import PublicServer, listening_publicly
from exchange.publication import FollowedPublication
from exchange.readiness import Readiness
from exchange.settings.hosts import is_loopback
from pki.ca.layout import is_demo_root
from schemas.errors import ErrorCode

_LOOPBACK = "127.0.0.1"
_OBJECTS_BETWEEN_COLLECTIONS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the roles of one process share.

    Args:
        settings: everything an operator sets.
        folder: of this process alone.
        clock: gives the time.
        opened: what is opened is closed in the opposite order.
        metrics: counters of the process.
        readiness: checks of the process.
    """

    settings: Settings
    folder: Path
    clock: Callable[[], datetime]
    opened: AsyncExitStack
    metrics: Metrics = field(default_factory=Metrics)
    readiness: Readiness = field(default_factory=Readiness)

    async def repeat(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        """Take turns until the process ends; `turn` itself waits for work."""
        await self.opened.enter_async_context(_repeating(name, turn))


def collect_garbage_rarely() -> None:
    """Leave what a process holds for its whole life out of garbage collection.

    Called once it is up. Nearly all garbage of a request goes by its counts of
    references; cycles are looked for less often than Python would.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


async def listen_for_operators(base: Base) -> int:
    """Open health and counters on loopback; give the port."""
    admin = create_admin_app(base.settings.limits, base.metrics, base.readiness)
    listener = Listener(host=_LOOPBACK, port=base.settings.server.admin_port)
    return await base.opened.enter_async_context(listening(admin, listener))


async def listen_publicly(
    base: Base,
    publication: FollowedPublication,
    stamping: TimeStamping | None = None,
) -> int:
    """Open what is for anybody; give the port."""
    await base.repeat("publication", publication.turn)
    desk = PublicDesk(publication, stamping)
    server = PublicServer(desk, base.metrics, base.clock)
    settings = base.settings.server
    listening_now = listening_publicly(
        server, host=settings.public_host, port=settings.public_port
    )
    return await base.opened.enter_async_context(listening_now)


def refuse_demo_root_beyond_loopback(
    roots: Iterable[x509.Certificate], listeners: Iterable[tuple[str, str]]
) -> None:
    """Refuse to show a root made for show to others than this machine.

    Args:
        roots: what is believed here.
        listeners: name of the setting and address of each listener.

    Raises:
        ExchangeError: a listener is open to others (CONFIGURATION_INVALID).
    """
    if not any(map(is_demo_root, roots)):
        return
    for place, host in listeners:
        if not is_loopback(host):
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)


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
