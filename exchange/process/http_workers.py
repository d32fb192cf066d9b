"""The HTTP workers as the service process sees them: started, heard, replaced, stopped.

They share one port (SO_REUSEPORT): the kernel gives each new connection to one of
them. The service process holds the port, so that the system hands it out to nobody as
a free one while a worker is replaced, and never listens on it.
"""

import asyncio
import multiprocessing
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any, Self

import structlog

from exchange.domain.news import News
from exchange.errors import ExchangeError
from exchange.process.channel import URGENT, Channel, Word, news_content
from exchange.process.http_worker import WorkerOrder, run_http_worker
from exchange.signals import Signals
from schemas.errors import ErrorCode

_START_SECONDS = 60.0
_COUNTERS_SECONDS = 2.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 10.0
_STEADY_SECONDS = 30.0
_POLL_SECONDS = 0.02
_GRACE_SECONDS = 5.0
"""Beyond the time for running requests, until a worker is ended that does not end."""

_SPAWN = multiprocessing.get_context("spawn")
_log = structlog.get_logger()


class HttpWorker:
    """One slot: a worker, and after it the next one.

    Args:
        order: what the worker is to be.
        signals: of the service process; rung for what the worker accepted.
    """

    def __init__(self, order: WorkerOrder, signals: Signals) -> None:
        self._order, self._signals = order, signals
        self._process: multiprocessing.process.BaseProcess | None = None
        self._channel: Channel | None = None
        self._counters: asyncio.Future[bytes] | None = None
        self._listening = asyncio.Event()
        self._is_stopping = False
        self._kept: asyncio.Task[None] | None = None

    @property
    def listens(self) -> bool:
        """Whether a worker takes requests now."""
        return self._listening.is_set()

    async def start(self) -> None:
        """Return when the first worker listens.

        Raises:
            ExchangeError: it did not come up (SERVICE_UNAVAILABLE).
        """
        self._kept = asyncio.create_task(self._keep(), name="http_worker")
        listening = asyncio.create_task(self._listening.wait())
        await asyncio.wait(
            (self._kept, listening),
            timeout=_START_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        listening.cancel()
        if not self.listens:
            raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="http worker")

    def tell(self, word: Word, content: bytes = b"") -> None:
        """Say something to the worker, if there is one."""
        if self._channel is not None:
            self._channel.tell(word, content)

    async def counters(self) -> bytes | None:
        """Ask for the worker's counters; None if it does not answer in time."""
        if self._channel is None or not self.listens:
            return None
        if self._counters is None or self._counters.done():
            self._counters = asyncio.get_running_loop().create_future()
            self.tell(Word.COUNTERS)
        with suppress(TimeoutError):
            async with asyncio.timeout(_COUNTERS_SECONDS):
                return await asyncio.shield(self._counters)
        return None

    async def stop(self) -> None:
        """Let running requests finish, then be gone."""
        self._is_stopping = True
        if self._kept is None:
            return
        drain = self._order.settings.server.drain_seconds
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            await asyncio.wait((self._kept,), timeout=drain + _GRACE_SECONDS)
            # Nothing is lost by it: what was acknowledged is stored.
            self._process.kill()
            self._process.join()
        # It may rest before the next worker.
        self._kept.cancel()
        with suppress(ExchangeError, asyncio.CancelledError):
            await self._kept

    async def _keep(self) -> None:
        """Have a worker until told to stop; the first one must come up.

        Raises:
            ExchangeError: it did not (SERVICE_UNAVAILABLE).
        """
        clock = asyncio.get_running_loop().time
        pause, was_up = _FIRST_PAUSE_SECONDS, False
        while not self._is_stopping:
            began = clock()
            try:
                await self._one_life()
            except OSError:
                # No room for a process or its line for now, as after memory ran out.
                _log.exception("http_worker.not_started")
            was_up = was_up or self.listens
            self._listening.clear()
            if self._is_stopping:
                return
            _log.error("http_worker.ended", exit_code=self._exit_code)
            if not was_up:
                raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="http worker")
            if clock() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _one_life(self) -> None:
        # What the worker before was asked, it answers no more.
        self._process = self._counters = None
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as failed:
            failed.enter_context(ours)
            self._process = self._started(theirs)
            failed.pop_all()
        _log.info("http_worker.started", pid=self._process.pid)
        self._channel = await Channel.over(ours)
        while (heard := await self._channel.hear()) is not None:
            self._take(*heard)
        self._channel.close()
        # Without a thread, for which there may be no room.
        while self._process.is_alive():  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(_POLL_SECONDS)

    def _started(self, theirs: socket.socket) -> multiprocessing.process.BaseProcess:
        process = _SPAWN.Process(
            target=run_http_worker, args=(self._order, theirs), daemon=True
        )
        process.start()
        return process

    def _take(self, word: Word, content: bytes) -> None:
        match word:
            case Word.LISTENING:
                self._listening.set()
            case Word.ACCEPTED:
                self._signals.accepted.ring(hurries=content == URGENT)
            case Word.RECORDED:
                self._signals.recorded.ring(hurries=content == URGENT)
            case Word.COUNTERS if self._counters and not self._counters.done():
                self._counters.set_result(content)
            case _:
                pass

    @property
    def _exit_code(self) -> int | None:
        return self._process.exitcode if self._process else None


class HttpWorkers:
    """All workers of a service process.

    Args:
        order: what each worker is to be.
        number: how many.
        signals: of the service process.
    """

    def __init__(self, order: WorkerOrder, number: int, signals: Signals) -> None:
        self._signals = signals
        self._workers = [HttpWorker(order, signals) for _ in range(number)]

    async def __aenter__(self) -> Self:
        """Start all workers.

        Raises:
            ExchangeError: one did not come up (SERVICE_UNAVAILABLE).
        """
        self._signals.tellers.append(self._tell_of_news)
        starting = [asyncio.create_task(one.start()) for one in self._workers]
        await asyncio.wait(starting)
        failed = [one for one in starting if one.exception()]
        if failed:
            await self.__aexit__()
            await failed[0]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop all workers at the same time."""
        await asyncio.gather(*(one.stop() for one in self._workers))
        self._signals.tellers.remove(self._tell_of_news)

    async def check(self) -> tuple[str, ...]:
        """Return what is degraded: a worker is being replaced.

        Raises:
            ExchangeError: there is none (SERVICE_UNAVAILABLE).
        """
        listening = sum(one.listens for one in self._workers)
        if not listening:
            raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="http workers")
        return () if listening == len(self._workers) else ("http_workers",)

    async def counters(self) -> Mapping[str, bytes]:
        """Return the page of counters of each worker that answers, by its number."""
        pages: Sequence[bytes | None] = await asyncio.gather(
            *(one.counters() for one in self._workers)
        )
        numbered = enumerate(pages, start=1)
        return {str(number): page for number, page in numbered if page is not None}

    def _tell_of_news(self, news: News | None) -> None:
        content = news_content(news)
        for one in self._workers:
            one.tell(Word.SEQUENCED, content)


@asynccontextmanager
async def held_port(host: str, port: int, *, patience: float) -> AsyncIterator[int]:
    """Hold a port that workers share, and that nobody listens on yet; give its number.

    Args:
        host: address of the listener.
        port: 0 takes a free one.
        patience: seconds that workers of an earlier service may still listen.

    Raises:
        ExchangeError: somebody else listens there (CONFIGURATION_INVALID).
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, address = found[0][0], found[0][4]
    deadline = loop.time() + patience
    while not _is_free(family, address):
        if loop.time() > deadline:
            place = f"server: {host}:{port}"
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)
        await asyncio.sleep(0.1)
    with socket.socket(family, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(address)
        yield int(holder.getsockname()[1])


def _is_free(family: int, address: tuple[Any, ...]) -> bool:
    """Tell whether a port can be had alone: sharing would hide that it is taken."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True
