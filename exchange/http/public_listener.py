"""The public listener: plain HTTP for anybody, on a protocol of its own.

A general web framework costs several times what a kept OCSP answer does
(docs/adr/0017). One connection is served in order; who is slow or too many is cut.
An answer that lies in memory is given at once; one that has to be made is waited for,
and so is everything behind it on the same connection.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from time import perf_counter

import structlog

from exchange.http.last_connections import stop_accepting
from exchange.http.metrics import Metrics
from exchange.http.plain_http import (
    CONTINUE,
    PlainAnswer,
    PlainRequest,
    RequestReader,
    UnreadableError,
    encode,
    http_date,
)
from exchange.http.public_desk import PublicDesk

_SWEEP_SECONDS = 0.5
_OPERATION = "publication"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLimits:
    """What one peer, and all together, may take.

    Args:
        idle_seconds: longest pause between requests.
        request_seconds: longest time for one request to come in.
        connections: most at a time.
    """

    idle_seconds: float = 75.0
    request_seconds: float = 10.0
    connections: int = 2000


class PublicServer:
    """What the connections of one listener share.

    Args:
        desk: answers.
        metrics: counters.
        clock: gives the time.
        limits: what peers may take.
    """

    def __init__(
        self,
        desk: PublicDesk,
        metrics: Metrics,
        clock: Callable[[], datetime],
        limits: PublicLimits | None = None,
    ) -> None:
        self.limits = limits or PublicLimits()
        self._desk = desk
        self._metrics = metrics
        self._clock = clock
        self._dated = (0, b"")
        self.connections: set[PublicConnection] = set()

    def answer(self, request: PlainRequest) -> bytes | Awaitable[bytes]:
        """Return the answer to a request, encoded, or what will be it."""
        began, now = perf_counter(), self._clock()
        answer = self._desk.answer(request, now)
        if isinstance(answer, PlainAnswer):
            return self._encoded(request, answer, began, now)
        return self._awaited(request, answer, began)

    async def _awaited(
        self, request: PlainRequest, answer: Awaitable[PlainAnswer], began: float
    ) -> bytes:
        return self._encoded(request, await answer, began, self._clock())

    def _encoded(
        self, request: PlainRequest, answer: PlainAnswer, began: float, now: datetime
    ) -> bytes:
        self._count(answer.status, began)
        return encode(
            answer,
            date=self._date(now),
            keeps_open=request.keeps_open,
            with_body=request.method != "HEAD",
        )

    def refuse(self, status: HTTPStatus) -> bytes:
        """Return the last words to a peer whose request is not taken."""
        self._count(status, perf_counter())
        date = self._date(self._clock())
        return encode(PlainAnswer(status), date=date, keeps_open=False, with_body=False)

    async def sweep(self) -> None:
        """Cut connections that are slow or idle, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = loop.time()
            for connection in list(self.connections):
                connection.cut_if_late(now)

    def _count(self, status: HTTPStatus, began: float) -> None:
        self._metrics.answered(_OPERATION, status.value, perf_counter() - began)

    def _date(self, now: datetime) -> bytes:
        second = int(now.timestamp())
        if self._dated[0] != second:
            self._dated = second, http_date(now).encode()
        return self._dated[1]


class PublicConnection(asyncio.Protocol):
    """One connection.

    Args:
        server: what it belongs to.
        loop: gives the time for deadlines.
    """

    _transport: asyncio.Transport

    def __init__(self, server: PublicServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._reader = RequestReader()
        self._since = loop.time()
        self._paused = False
        self._making: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, unless there are too many."""
        if not isinstance(transport, asyncio.Transport):
            transport.close()
            return
        self._transport = transport
        if len(self._server.connections) >= self._server.limits.connections:
            transport.abort()
            return
        self._server.connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the connection."""
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        if self._reader.is_empty:
            self._since = self._loop.time()
        self._reader.feed(data)
        self._serve()

    def pause_writing(self) -> None:
        """Stop answering a peer that does not read."""
        self._paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on with what came before the pause."""
        self._paused = False
        if self._making is None:
            self._transport.resume_reading()
            self._serve()

    def cut_if_late(self, now: float) -> None:
        """End the connection if its request, or its pause, takes too long."""
        if self._making is not None:
            return  # It waits for us.
        limits = self._server.limits
        is_idle = self._reader.is_empty
        limit = limits.idle_seconds if is_idle else limits.request_seconds
        if now - self._since > limit:
            self._transport.abort()

    async def close(self) -> None:
        """End the connection after what was answered, and what is being made."""
        if self._making is not None:
            await asyncio.wait((self._making,))
        self._transport.close()

    def _serve(self) -> None:
        try:
            while self._is_free():
                request = self._reader.next()
                if request is None:
                    self._let_go_on()
                    return
                self._since = self._loop.time()
                answer = self._server.answer(request)
                if isinstance(answer, bytes):
                    self._tell(answer, keeps_open=request.keeps_open)
                else:
                    self._wait_for(answer, keeps_open=request.keeps_open)
        except UnreadableError as error:
            self._tell(self._server.refuse(error.status), keeps_open=False)
        except Exception:  # noqa: BLE001 the outermost edge of a request
            self._fail()

    def _let_go_on(self) -> None:
        """Tell a peer that waits before its body: what could be refused was."""
        if self._reader.take_wait():
            self._transport.write(CONTINUE)

    def _is_free(self) -> bool:
        return not (self._paused or self._making or self._transport.is_closing())

    def _wait_for(self, answer: Awaitable[bytes], *, keeps_open: bool) -> None:
        """Let an answer be made; nothing more is read from the peer until then."""
        self._transport.pause_reading()
        self._making = self._loop.create_task(
            self._made(answer, keeps_open=keeps_open), name="public-answer"
        )

    async def _made(self, answer: Awaitable[bytes], *, keeps_open: bool) -> None:
        try:
            self._tell(await answer, keeps_open=keeps_open)
        except Exception:  # noqa: BLE001 the outermost edge of a request
            self._fail()
        self._making = None
        self._since = self._loop.time()
        if not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()
            self._serve()

    def _fail(self) -> None:
        _log.exception("public.failed")
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        self._tell(self._server.refuse(status), keeps_open=False)

    def _tell(self, answer: bytes, *, keeps_open: bool) -> None:
        if self._transport.is_closing():
            return  # The peer left while his answer was made.
        self._transport.write(answer)
        if not keeps_open:
            self._transport.close()


@asynccontextmanager
async def listening_publicly(
    server: PublicServer, *, host: str, port: int
) -> AsyncIterator[int]:
    """Serve until the end of the block; give the port, free if 0 was asked."""
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: PublicConnection(server, loop), host, port
    )
    sweeper = asyncio.create_task(server.sweep(), name="public-sweep")
    try:
        yield int(listener.sockets[0].getsockname()[1])
    finally:
        sweeper.cancel()
        with suppress(asyncio.CancelledError):
            await sweeper
        await stop_accepting(listener)
        closing = (connection.close() for connection in list(server.connections))
        await asyncio.gather(*closing)
        await listener.wait_closed()
