"""Thousands of envelopes through one service: all of them, once, in level memory."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from clients.answers import InboxItem
from clients.messages import XML, Message
from exchange.demo.province import COMMUNE, PROVINCE
from tests.support.holdings import read_head, settled
from tests.support.peers import Peer, connect, document_of, letter, post
from tests.support.processes import cpu_seconds, resident_bytes
from tests.support.station import Station, run_station
from tests.support.world import note

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

_ENVELOPES = int(os.environ.get("LIENTHONG_LOAD_ENVELOPES", "3000"))
_WORKERS = int(os.environ.get("LIENTHONG_LOAD_WORKERS", "2"))
_SENDERS, _RECEIVERS = 8, 8
_GROWTH_BYTES = 32 << 20
_ATTACHMENT_BYTES = 4096


@dataclass(slots=True)
class Load:
    """What goes through one station."""

    station: Station
    sent: dict[str, Message] = field(default_factory=dict)
    accepted: int = 0
    answered: list[str] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    async def send(self, number: int) -> None:
        """Send every eighth letter over one kept-alive connection."""
        async with (
            connect(self.station, COMMUNE) as commune,
            self.station.session(COMMUNE) as session,
        ):
            for one in range(number, _ENVELOPES, _SENDERS):
                name = f"tải-{one}"
                message = _message(commune, name)
                self.sent[name] = message
                answer = await post(session, message)
                assert answer.status == 201
                self.accepted += 1

    async def receive(self, queue: "asyncio.Queue[InboxItem | None]") -> None:
        """Acknowledge and report what another one finds in the inbox."""
        async with (
            connect(self.station, PROVINCE) as peer,
            self.station.session(PROVINCE) as session,
        ):
            while (item := await queue.get()) is not None:
                await self._answer(peer, session, item)

    async def _answer(
        self, peer: Peer, session: aiohttp.ClientSession, item: InboxItem
    ) -> None:
        message, path = self.sent[item.subject], f"/v1/envelopes/{item.envelope_id}"
        taken = await session.post(
            f"{path}/receipts?agency={PROVINCE.code}",
            data=peer.acknowledgement(item, message.body_sha256),
            headers={"Content-Type": XML},
        )
        assert taken.status == 201
        self.told.append(await taken.read())
        arrival = peer.arrival(document_of(message))
        reported = await post(session, arrival, f"{path}/status")
        assert reported.status == 201
        self.told.append(reported.body)
        self.answered.append(item.subject)

    async def follow(self, queue: "asyncio.Queue[InboxItem | None]") -> None:
        """Follow the province's inbox; every line goes to one receiver."""
        found, after = 0, -1
        async with connect(self.station, PROVINCE) as peer:
            while found < _ENVELOPES:
                page = await peer.client.inbox(PROVINCE.code, after=after, wait=20)
                for item in page.items:
                    queue.put_nowait(item)
                found, after = found + len(page.items), page.cursor
        for _ in range(_RECEIVERS):
            queue.put_nowait(None)

    async def observe(self) -> None:
        """Measure the memory of all processes once a second."""
        while True:
            self.memory.append(sum(map(resident_bytes, self.station.processes)))
            await asyncio.sleep(1)


def _message(commune: Peer, name: str) -> Message:
    content = name.encode().ljust(_ATTACHMENT_BYTES, b".")
    carried = note(content)
    return letter(commune.credential, name, (carried,), recipients=(PROVINCE.code,))


@asynccontextmanager
async def _observed(load: Load) -> AsyncIterator[None]:
    task = asyncio.create_task(load.observe())
    try:
        yield
    finally:
        task.cancel()


async def _run(load: Load) -> tuple[float, float]:
    queue: asyncio.Queue[InboxItem | None] = asyncio.Queue()
    began = time.perf_counter()
    receiving = asyncio.gather(
        load.follow(queue), *(load.receive(queue) for _ in range(_RECEIVERS))
    )
    await asyncio.gather(*(load.send(number) for number in range(_SENDERS)))
    sent = time.perf_counter() - began
    await receiving
    return sent, time.perf_counter() - began


async def test_load_arrives_once_and_leaves_memory_level(tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        station = await opened.enter_async_context(
            run_station(tmp_path, workers=_WORKERS)
        )
        load = Load(station)
        async with _observed(load):
            sending, whole = await _run(load)
        cpu = sum(map(cpu_seconds, station.processes))
        _report(load, sending=sending, whole=whole, cpu=cpu)
        await _check(load)
    assert _growth(load.memory) <= _GROWTH_BYTES


async def _check(load: Load) -> None:
    held = await settled(load.station)
    async with (
        load.station.session(COMMUNE) as session,
        session.get("/v1/log/head") as answer,
    ):
        assert held.faults(read_head(await answer.read())) == []
    stored = Counter(bytes(one["content"]) for one in held.receipts)
    assert Counter(load.told) <= stored
    assert max(stored.values()) == 1
    async with connect(load.station, PROVINCE) as province:
        items = await province.pages(count=_ENVELOPES)
    async with connect(load.station, COMMUNE) as commune:
        statuses = await commune.pages(count=_ENVELOPES)
    assert sorted(one.subject for one in items) == sorted(load.sent)
    assert sorted(load.answered) == sorted(load.sent)
    assert len(held.documents) == len(load.sent) == _ENVELOPES
    assert set(Counter(one.status_of for one in statuses).values()) == {1}
    assert len(statuses) == _ENVELOPES


def _growth(memory: Sequence[int]) -> int:
    """From the end of the first third, when all is warm, to the end."""
    third = max(1, len(memory) // 3)
    return max(memory[-third:]) - max(memory[:third])


def _report(load: Load, *, sending: float, whole: float, cpu: float) -> None:
    line = {
        "prove": "load",
        "envelopes": _ENVELOPES,
        "senders": _SENDERS,
        "http_workers": _WORKERS,
        "accepted_per_second": round(_ENVELOPES / sending, 1),
        "finished_per_second": round(_ENVELOPES / whole, 1),
        "seconds": round(whole, 1),
        "service_cpu_ms_per_finished": round(1000 * cpu / _ENVELOPES, 2),
        "service_memory_mib": [
            one >> 20 for one in load.memory[:: max(1, len(load.memory) // 8)]
        ],
        "service_growth_mib": round(_growth(load.memory) / 2**20, 1),
    }
    sys.stdout.write(json.dumps(line) + "\n")
