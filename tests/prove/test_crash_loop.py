"""Kills at every durable step: nothing lost, nothing doubled, no false receipt."""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from clients.answers import InboxItem
from clients.messages import Message
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE, Office
from tests.support.holdings import Holdings, read_head, settled
from tests.support.moments import Killer, Point, Victim, points
from tests.support.peers import (
    THROUGH_CRASHES,
    Peer,
    Posted,
    connect,
    document_of,
    post,
)
from tests.support.signed_pdf import LETTER
from tests.support.station import Station, run_station
from tests.support.world import attachment, note

pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]

_POINTS = int(os.environ.get("LIENTHONG_CRASH_POINTS", "40"))
_SEED = int(os.environ.get("LIENTHONG_SEED", str(time.time_ns() % 100_000)))
_STATIONS = 3
"""Sites side by side: a killed service's lease runs out while others go on."""

_LARGE = 3 << 20
_UNREACHED = (aiohttp.ClientError, ConnectionError, TimeoutError)


@dataclass(slots=True)
class Run:
    """One station, what was sent to it and what came back."""

    station: Station
    sent: dict[str, Message] = field(default_factory=dict)
    receipts: dict[str, list[bytes]] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    reported: list[bytes] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    lost_answers: int = 0

    async def survive(self, number: int, point: Point) -> None:
        """Exchange some letters and kill at the point; recover and finish them."""
        async with connect(self.station, COMMUNE) as commune:
            messages = _letters(commune, number)
        self.sent.update(messages)
        killed = await Killer(self.station, point).begin()
        working = asyncio.gather(
            self._send(messages),
            *(self._receive(one, messages) for one in (PROVINCE, MINISTRY)),
        )
        try:
            if await killed:
                self.hits[f"{point.moment}/{point.victim}"] += 1
                await self._recover(point)
            await working
        finally:
            working.cancel()

    async def _recover(self, point: Point) -> None:
        if point.victim is not Victim.DATABASE:
            await self.station.service.process.wait()
            self.station.running = None
            await self.station.start()

    async def _send(self, messages: dict[str, Message]) -> None:
        async with self.station.session(COMMUNE) as session:
            answers = await asyncio.gather(
                *(_until_accepted(session, one) for one in messages.values())
            )
        for name, answer in zip(messages, answers, strict=True):
            self.lost_answers += answer.status == 200
            self.receipts.setdefault(name, []).append(answer.body)

    async def _receive(self, office: Office, messages: dict[str, Message]) -> None:
        """Take and report every letter of this round, in the order of the inbox."""
        remaining = set(messages)
        async with connect(self.station, office, retry=THROUGH_CRASHES) as peer:
            while remaining:
                after = self.cursors.get(office.code, -1)
                page = await peer.client.inbox(office.code, after=after, wait=5)
                for item in page.items:
                    remaining.remove(item.subject)
                    await self._answer(peer, item, messages[item.subject])
                self.cursors[office.code] = page.cursor

    async def _answer(self, peer: Peer, item: InboxItem, message: Message) -> None:
        fetched = await peer.client.fetch(item.envelope_id)
        assert fetched.body == message.body
        self.taken.append(await peer.acknowledge(item, fetched.body_sha256))
        self.reported.append(await peer.report(item, document_of(message)))

    async def check(self) -> None:
        """Compare all that peers were told with all that is stored."""
        await self._repeat_all()
        held = await settled(self.station)
        async with (
            self.station.session(COMMUNE) as session,
            session.get("/v1/log/head") as answer,
        ):
            assert held.faults(read_head(await answer.read())) == []
        self._check_stored(held)
        await self._check_inboxes()

    async def _repeat_all(self) -> None:
        async with connect(self.station, COMMUNE) as commune:
            for name, message in self.sent.items():
                again = await commune.client.send(message)
                assert {*self.receipts[name]} == {again.receipt}

    def _check_stored(self, held: Holdings) -> None:
        assert len(held.documents) == len(self.sent)
        bodies = {one["message_id"]: one["body_sha256"] for one in held.documents}
        assert bodies == {one.message_id: one.body_sha256 for one in self.sent.values()}
        stored = Counter(bytes(one["content"]) for one in held.receipts)
        told = Counter([*self.taken, *self.reported])
        keys = [str(one["key"]) for one in held.receipts]
        delivered = keys.count("delivered")
        arrived = sum(one.endswith(":hub") for one in keys)
        assert max(stored.values()) == 1
        assert told <= stored
        # The hub's own words: to whom it went, and 01 for each who took it.
        assert stored.total() == told.total() + delivered + arrived
        assert arrived == 2 * len(self.sent)
        # Statuses are shown by their own entries.
        assert 3 * delivered == len(held.envelopes) == 3 * len(self.sent)

    async def _check_inboxes(self) -> None:
        count = len(self.sent)
        for office in (PROVINCE, MINISTRY):
            async with connect(self.station, office) as peer:
                items = await peer.pages(count=count)
            assert sorted(one.subject for one in items) == sorted(self.sent)
        async with connect(self.station, COMMUNE) as commune:
            statuses = await commune.pages(count=2 * count)
        about = Counter(one.status_of for one in statuses)
        assert (len(about), set(about.values())) == (count, {2})


def _letters(commune: Peer, number: int) -> dict[str, Message]:
    """Small ones, one with a PDF to check, one that is stored in chunks."""
    large = random.Random(number).randbytes(_LARGE)
    carried = {
        "ngắn-1": (),
        "ngắn-2": (),
        "pdf": (attachment(LETTER.read_bytes()),),
        "lớn": (note(large),),
    }
    return {
        f"{kind}-{number}": commune.letter(f"{kind}-{number}", *attachments)
        for kind, attachments in carried.items()
    }


async def _until_accepted(session: aiohttp.ClientSession, message: Message) -> Posted:
    while True:
        try:
            answer = await post(session, message)
        except _UNREACHED:
            await asyncio.sleep(0.05)
            continue
        if answer.status != 503:
            assert answer.status in {200, 201}
            return answer
        await asyncio.sleep(0.1)


async def test_nothing_is_lost_doubled_or_falsely_confirmed(tmp_path: Path) -> None:
    chance = random.Random(_SEED)
    planned = list(enumerate(points(_POINTS, chance)))
    runs = await asyncio.gather(
        *(
            _survive_all(_folder(tmp_path, number), planned[number::_STATIONS])
            for number in range(_STATIONS)
        )
    )
    hits: Counter[str] = sum((one.hits for one in runs), Counter())
    line = {
        "prove": "crash loop",
        "seed": _SEED,
        "points": _POINTS,
        "hit": hits.total(),
        "by_moment": dict(sorted(hits.items())),
        "envelopes": sum(len(one.sent) for one in runs),
        "answers_lost_and_repeated": sum(one.lost_answers for one in runs),
        "lost": 0,
        "doubled": 0,
        "false_receipts": 0,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert hits.total() == _POINTS


def _folder(parent: Path, number: int) -> Path:
    folder = parent / str(number)
    folder.mkdir()
    return folder


async def _survive_all(folder: Path, planned: Sequence[tuple[int, Point]]) -> Run:
    async with run_station(folder) as station:
        run = Run(station)
        for number, point in planned:
            async with asyncio.timeout(120):
                await run.survive(number, point)
        await run.check()
    return run
