"""The primary of three nodes goes again and again: nothing lost, nothing doubled."""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from clients.messages import Message
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE, Office
from tests.support.cluster import Cluster, ClusterStation, run_cluster
from tests.support.holdings import read_head, settled
from tests.support.peers import THROUGH_CRASHES, connect, document_of, post
from tests.support.three_nodes import ThreeNodes
from tests.support.world import note

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

_TIMES = int(os.environ.get("LIENTHONG_FAIL_OVERS", "6"))
_SEED = int(os.environ.get("LIENTHONG_SEED", str(time.time_ns() % 100_000)))
_LARGE = 2 << 20
_FROZEN_SECONDS = 3.0
_UNREACHED = (aiohttp.ClientError, ConnectionError, TimeoutError)
_WAYS = ("kill", "step_down", "freeze")


@dataclass(slots=True)
class _Run:
    """What was sent through several services and what came back."""

    cluster: Cluster
    chance: random.Random
    over: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[str, Message] = field(default_factory=dict)
    receipts: dict[str, bytes] = field(default_factory=dict)
    told: list[bytes] = field(default_factory=list)
    taken: dict[str, list[str]] = field(default_factory=dict)
    ways: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    async def send(self, station: ClusterStation, name: str) -> None:
        """Send letter after letter through one service until it is over."""
        async with (
            connect(station, COMMUNE) as commune,
            station.session(COMMUNE) as session,
        ):
            number = 0
            while not self.over.is_set():
                number += 1
                large = number % 10 == 0
                carried = (note(self.chance.randbytes(_LARGE)),) if large else ()
                subject = f"{name}-{number}"
                message = commune.letter(subject, *carried)
                self.sent[subject] = message
                self.receipts[subject] = await self._accepted(session, message)

    async def _accepted(
        self, session: aiohttp.ClientSession, message: Message
    ) -> bytes:
        while True:
            try:
                answer = await post(session, message)
            except _UNREACHED:
                await asyncio.sleep(0.05)
                continue
            if answer.status in {200, 201}:
                return answer.body
            assert answer.status == 503
            self.refused += 1
            await asyncio.sleep(0.1)

    async def take(self, station: ClusterStation, office: Office) -> None:
        """Follow one inbox by its cursor alone, and answer every letter once."""
        subjects = self.taken.setdefault(office.code, [])
        after = -1
        async with connect(station, office, retry=THROUGH_CRASHES) as peer:
            while not self.over.is_set() or set(subjects) != set(self.sent):
                page = await peer.client.inbox(office.code, after=after, wait=1)
                for item in page.items:
                    subjects.append(item.subject)
                    message = self.sent[item.subject]
                    fetched = await peer.client.fetch(item.envelope_id)
                    assert fetched.body == message.body
                    digest = fetched.body_sha256
                    self.told.append(await peer.acknowledge(item, digest))
                    self.told.append(await peer.report(item, document_of(message)))
                after = page.cursor

    async def disturb(self) -> None:
        """Take the primary away, again and again, and let it come back."""
        for number in range(_TIMES):
            await asyncio.sleep(self.chance.uniform(1, 3))
            way = _WAYS[number % len(_WAYS)]
            await _disturb(self.cluster.nodes, way)
            self.ways[way] += 1
        await asyncio.sleep(1)
        self.over.set()

    async def check(self) -> None:
        """Compare all that peers were told with all that is stored."""
        station = self.cluster.stations[0]
        async with connect(station, COMMUNE) as commune:
            for name, message in self.sent.items():
                again = await commune.client.send(message)
                assert again.receipt == self.receipts[name]
        held = await settled(station)
        async with (
            station.session(COMMUNE) as session,
            session.get("/v1/log/head") as answer,
        ):
            assert held.faults(read_head(await answer.read())) == []
        assert sorted(one["message_id"] for one in held.documents) == sorted(
            one.message_id for one in self.sent.values()
        )
        stored = Counter(bytes(one["content"]) for one in held.receipts)
        assert max(stored.values()) == 1
        assert Counter(self.told) <= stored
        for subjects in self.taken.values():
            assert sorted(subjects) == sorted(self.sent)


async def _disturb(nodes: ThreeNodes, way: str) -> None:
    primary = await nodes.primary()
    if way == "step_down":
        await nodes.step_down(primary)
    elif way == "freeze":
        nodes.freeze(primary)
        await asyncio.sleep(_FROZEN_SECONDS)
        nodes.thaw(primary)
    else:
        await nodes.kill(primary)
        await nodes.primary()
        nodes.revive(primary)


async def test_nothing_is_lost_or_doubled_while_the_primary_goes(
    tmp_path: Path,
) -> None:
    chance = random.Random(_SEED)
    async with run_cluster(tmp_path) as cluster:
        first, second = cluster.stations
        run = _Run(cluster, chance)
        async with asyncio.timeout(600), asyncio.TaskGroup() as tasks:
            tasks.create_task(run.send(first, "một"))
            tasks.create_task(run.send(second, "hai"))
            tasks.create_task(run.take(second, PROVINCE))
            tasks.create_task(run.take(first, MINISTRY))
            tasks.create_task(run.disturb())
        await run.check()
    line = {
        "prove": "fail-over",
        "seed": _SEED,
        "services": 2,
        "primaries_lost": dict(run.ways),
        "envelopes": len(run.sent),
        "answers_503_and_repeated": run.refused,
        "lost": 0,
        "doubled": 0,
        "false_receipts": 0,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert run.ways.total() == _TIMES
