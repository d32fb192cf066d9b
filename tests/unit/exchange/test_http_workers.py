"""What HTTP workers and the service process share: a port, words, counters."""

import asyncio
import socket
import struct
import time
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from errno import EAGAIN, EMFILE
from pathlib import Path
from types import SimpleNamespace

import pytest

from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.http.merged_metrics import merged
from exchange.http.metrics import Metrics
from exchange.process import http_workers
from exchange.process.channel import Channel, Word
from exchange.process.http_worker import WorkerOrder
from exchange.process.http_workers import HttpWorkers, held_port
from exchange.process.loop_lag import LoopLag
from exchange.settings.server import ServerSettings
from exchange.signals import Signals
from schemas.errors import ErrorCode


@pytest.mark.parametrize("number", [0, 65])
def test_absurd_number_of_workers_is_refused(number: int) -> None:
    with pytest.raises(ExchangeError) as caught:
        Settings(server=ServerSettings(http_workers=number))
    assert caught.value.place == "server.http_workers"


def test_merged_page_tells_workers_apart_and_keeps_the_gauges_of_the_service() -> None:
    service, first, second = Metrics(), Metrics(), Metrics()
    service.list_counts("root", 5.0)
    service.answered("isReady", 200, 0.1)
    first.answered("acceptEnvelope", 201, 0.1)
    second.answered("acceptEnvelope", 201, 0.1)
    second.answered("acceptEnvelope", 201, 0.1)
    second.refused(ErrorCode.OVERLOADED)
    page = merged(service.page(), {"1": first.page(), "2": second.page()}).decode()
    counted = 'lienthong_requests_total{operation="acceptEnvelope",status="201",worker='
    assert f'{counted}"1"}} 1.0' in page
    assert f'{counted}"2"}} 2.0' in page
    assert 'lienthong_requests_total{operation="isReady",status="200"} 1.0' in page
    assert 'lienthong_refusals_total{code="overloaded",worker="2"} 1.0' in page
    assert 'lienthong_request_seconds_bucket{le="+Inf",operation="acceptEnvelope",' in (
        page
    )
    assert page.count("# TYPE lienthong_requests_total counter") == 1
    assert page.count("lienthong_clock_sound NaN") == 1
    assert 'lienthong_ca_list_seconds_left{ca="root"} 5.0' in page


async def test_words_arrive_in_order_and_the_end_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    one, other = await Channel.over(ours), await Channel.over(theirs)
    one.tell(Word.ACCEPTED)
    one.tell(Word.COUNTERS, b"page" * 50_000)
    one.close()
    assert await other.hear() == (Word.ACCEPTED, b"")
    assert await other.hear() == (Word.COUNTERS, b"page" * 50_000)
    assert await other.hear() is None
    other.tell(Word.SEQUENCED)
    other.close()


@pytest.mark.parametrize("sent", [b"x\0\0\0\0", b"c\xff\xff\xff\xff", b"c\0"])
async def test_what_is_no_word_ends_the_conversation(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    channel = await Channel.over(ours)
    theirs.sendall(sent)
    theirs.close()
    assert await channel.hear() is None
    channel.close()


async def test_workers_share_the_held_port_with_nobody_else() -> None:
    async with held_port("127.0.0.1", 0, patience=0) as port, AsyncExitStack() as open_:
        for _ in range(2):
            server = await asyncio.start_server(
                _nothing, "127.0.0.1", port, reuse_port=True
            )
            await open_.enter_async_context(server)
        with pytest.raises(OSError, match="in use"):
            await asyncio.start_server(_nothing, "127.0.0.1", port)


async def test_port_that_another_service_listens_on_is_not_shared_with_it() -> None:
    server = await asyncio.start_server(_nothing, "127.0.0.1", 0, reuse_port=True)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ExchangeError) as caught:
            async with held_port("127.0.0.1", port, patience=0.2):
                pass
    assert caught.value.code is ErrorCode.CONFIGURATION_INVALID
    assert caught.value.place == f"server: 127.0.0.1:{port}"


class FakeProcess:
    """Stands for a worker's process: it listens until it is killed."""

    def __init__(self, theirs: socket.socket) -> None:
        self._theirs = theirs
        self._ours: socket.socket | None = None
        self.pid, self.exitcode = 1, -9

    def start(self) -> None:
        self._ours = self._theirs.dup()
        self._ours.sendall(Word.LISTENING.value + bytes(4))

    def is_alive(self) -> bool:
        return self._ours is not None

    def kill(self) -> None:
        if self._ours is not None:
            self._ours.close()
        self._ours = None

    async def answer(self, page: bytes) -> None:
        """Say its counters once it is asked."""
        assert self._ours is not None
        self._ours.setblocking(False)
        loop = asyncio.get_running_loop()
        header = struct.Struct("!cI")
        heard = await loop.sock_recv(self._ours, header.size)
        assert heard == header.pack(Word.COUNTERS.value, 0)
        written = header.pack(Word.COUNTERS.value, len(page)) + page
        await loop.sock_sendall(self._ours, written)

    terminate = kill

    def join(self) -> None:
        """It is gone already."""


async def _listens(workers: HttpWorkers) -> None:
    async with asyncio.timeout(5):
        while not await _is_whole(workers):  # noqa: ASYNC110 - a slot is filled
            await asyncio.sleep(0.01)


async def _is_whole(workers: HttpWorkers) -> bool:
    with suppress(ExchangeError):
        return await workers.check() == ()
    return False


@pytest.mark.parametrize("refuses", ["process", "socketpair"])
async def test_slot_is_filled_again_once_the_system_has_room_for_a_worker(
    monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    lives: list[FakeProcess] = []
    refusals = [OSError(EMFILE, "no room"), OSError(EAGAIN, "no room")]
    socketpair = socket.socketpair

    def process(*, args: tuple[object, socket.socket], **_: object) -> FakeProcess:
        if refuses == "process" and lives and refusals:
            raise refusals.pop()
        lives.append(FakeProcess(args[1]))
        return lives[-1]

    def pair() -> tuple[socket.socket, socket.socket]:
        if refuses == "socketpair" and lives and refusals:
            raise refusals.pop()
        return socketpair()

    monkeypatch.setattr(http_workers, "_SPAWN", SimpleNamespace(Process=process))
    monkeypatch.setattr(socket, "socketpair", pair)
    order = WorkerOrder(
        settings=Settings(), folder=Path(), clock=lambda: datetime.now(UTC)
    )
    async with HttpWorkers(order, 1, Signals()) as workers:
        lives[0].kill()
        await asyncio.sleep(0.01)
        gone = not await _is_whole(workers)
        await _listens(workers)

    assert gone
    assert (len(lives), refusals) == (2, [])
    assert not any(one.is_alive() for one in lives)


async def test_worker_is_asked_although_the_one_before_died_without_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who runs out of memory is mostly asked before it dies: scrapes go on."""
    lives: list[FakeProcess] = []

    def process(*, args: tuple[object, socket.socket], **_: object) -> FakeProcess:
        lives.append(FakeProcess(args[1]))
        return lives[-1]

    monkeypatch.setattr(http_workers, "_SPAWN", SimpleNamespace(Process=process))
    monkeypatch.setattr(http_workers, "_COUNTERS_SECONDS", 0.2)
    order = WorkerOrder(
        settings=Settings(), folder=Path(), clock=lambda: datetime.now(UTC)
    )
    async with HttpWorkers(order, 1, Signals()) as workers:
        assert await workers.counters() == {}
        lives[0].kill()
        await asyncio.sleep(0.01)
        await _listens(workers)
        answering = asyncio.create_task(lives[1].answer(b"page"))
        found = await workers.counters()
        answering.cancel()

    assert found == {"1": b"page"}


async def test_event_loop_that_was_blocked_shows_in_the_counters() -> None:
    metrics = Metrics()
    resting = asyncio.create_task(LoopLag(metrics).turn())
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 - what is to be noticed
    await resting
    page = metrics.page().decode()
    assert 'lienthong_event_loop_lag_seconds_bucket{le="0.1"} 0.0' in page
    assert 'lienthong_event_loop_lag_seconds_bucket{le="+Inf"} 1.0' in page


async def _nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
