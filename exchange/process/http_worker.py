"""One HTTP worker: a process that takes requests of agencies, beside others.

It has its own connections to the database, its own trust and directory, and no loops:
the service process checks and sequences for all. It ends when it is told to, and when
the service process is gone.
"""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from exchange.config import Settings
from exchange.delivery.log_watch import LogWatch
from exchange.logs import configure_logs
from exchange.process.base import Base, collect_garbage_rarely
from exchange.process.channel import URGENT, Channel, Word, read_news
from exchange.process.exchange_role import ExchangeRole
from exchange.process.loop_lag import LoopLag
from exchange.services import Services
from exchange.signals import Bell

_LONG_SECONDS = 60.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrder:
    """What a worker is to be.

    Args:
        settings: of the service, with the address of its database and a fixed port.
        folder: of the service.
        clock: gives the time.
    """

    settings: Settings
    folder: Path
    clock: Callable[[], datetime]


def run_http_worker(order: WorkerOrder, connected: socket.socket) -> None:
    """Take requests until the service process says stop, or is gone."""
    # An interrupt at the terminal reaches all; the service process says what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logs()
    asyncio.run(_work(order, connected))


async def _work(order: WorkerOrder, connected: socket.socket) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    channel = await Channel.over(connected)
    async with AsyncExitStack() as opened:
        base = Base(
            settings=order.settings,
            folder=order.folder,
            clock=order.clock,
            opened=opened,
        )
        role = ExchangeRole(order.settings)
        services = await role.start(base)
        await base.repeat("loop_lag", LoopLag(base.metrics).turn)
        await _stay_in_touch(base, services, channel)
        await role.listen_beside_others(base, services)
        hearing = asyncio.create_task(_hear(base, services, channel, stop))
        opened.callback(hearing.cancel)
        collect_garbage_rarely()
        channel.tell(Word.LISTENING)
        await stop.wait()
        _log.info("http_worker.stopping")
    channel.close()


async def _stay_in_touch(base: Base, services: Services, channel: Channel) -> None:
    bells = (
        ("accepted", services.signals.accepted, Word.ACCEPTED),
        ("recorded", services.signals.recorded, Word.RECORDED),
    )
    for name, bell, word in bells:
        await base.repeat(f"tell.{name}", partial(_pass_on, bell, channel, word))
    await base.repeat("log_watch", LogWatch(services).turn)


async def _pass_on(bell: Bell, channel: Channel, word: Word) -> None:
    # The loops of the service gather what keeps coming.
    hurries = await bell.wait(_LONG_SECONDS, gathers=0.0)
    channel.tell(word, URGENT if hurries else b"")


async def _hear(
    base: Base, services: Services, channel: Channel, stop: asyncio.Event
) -> None:
    while (heard := await channel.hear()) is not None:
        word, content = heard
        if word is Word.SEQUENCED:
            services.signals.grown(read_news(content))
        elif word is Word.COUNTERS:
            channel.tell(Word.COUNTERS, base.metrics.page())
    stop.set()
