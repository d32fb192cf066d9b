"""Intake of 4 KB envelopes with a million stored: 0.9 of the rate with 10,000.

`LIENTHONG_BENCH_STORED` sets how many. Rates depend on what else a machine does: two
sites are measured in turn, whichever was last before first, and medians compared; what
an envelope cost is told beside them, from its acceptance until an inbox has it.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from statistics import median

import pytest

from clients.messages import Message
from exchange.database import database_address
from exchange.demo.directory import fill_directory
from exchange.demo.province import COMMUNE, PROVINCE
from exchange.settings.database import MongoSettings
from exchange.storage.mongo.driver import Client, open_client, open_database
from tests.support.counters import cpu_of
from tests.support.loading import load
from tests.support.peers import connect, letter, post
from tests.support.station import Station, make_station

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

_FEW, _MANY = 10_000, int(os.environ.get("LIENTHONG_BENCH_STORED", "1000000"))
_ENVELOPES, _WARM = 1200, 300
_CONNECTIONS = 64
_ROUNDS = ("a", "b", "c", "d")  # an even number: what is reversed is put back
_BAR = 0.9
_WORK = ("find", "insert", "update", "delete", "aggregate", "commitTransaction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an envelope cost, in milliseconds of processors and in counted work."""

    per_second: float
    service_ms: float
    mongod_ms: float
    commands: float
    examined: float


_NAMES = tuple(one.name for one in fields(Cost))


async def test_intake_is_as_quick_with_a_million_stored(tmp_path: Path) -> None:
    for name in ("few", "many"):
        (tmp_path / name).mkdir()
    with_few = await _loaded(tmp_path / "few", _FEW)
    with_many = await _loaded(tmp_path / "many", _MANY)
    measured: list[tuple[Station, list[Cost]]] = [(with_few, []), (with_many, [])]
    for name in _ROUNDS:
        for station, costs in measured:
            costs.append(await _measured(station, name))
        measured.reverse()
    few, many = (_median(costs) for _, costs in measured)
    line = {
        "bench": "intake, 4 KB XML, mutual TLS, by what is stored",
        "stored": [_FEW, _MANY],
        **{name: [one, asdict(many)[name]] for name, one in asdict(few).items()},
        "rounds": [[one.per_second for one in costs] for _, costs in measured],
        "ratio": round(many.per_second / few.per_second, 2),
        "bar_ratio": _BAR,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert many.examined <= 1.5 * few.examined, line


def _median(costs: Sequence[Cost]) -> Cost:
    each = zip(*map(astuple, costs), strict=True)
    medians = (round(median(one), 2) for one in each)
    return Cost(**dict(zip(_NAMES, medians, strict=True)))


async def _loaded(folder: Path, number: int) -> Station:
    station = make_station(folder)
    await fill_directory(station.site)
    await _load(station, number)
    return station


async def _load(station: Station, number: int) -> None:
    began, used = time.monotonic(), time.process_time()
    async with (
        database_address(MongoSettings(), station.site.folder) as uri,
        _client(uri) as client,
    ):
        await load(open_database(client, "lienthong"), number)
        await client.admin.command("fsync")
    told = {
        "loaded": number,
        "seconds": round(time.monotonic() - began),
        "client_cpu_seconds": round(time.process_time() - used),
    }
    sys.stdout.write(json.dumps(told) + "\n")


@asynccontextmanager
async def _client(uri: str) -> AsyncIterator[Client]:
    client = open_client(uri, patience_seconds=10.0)
    try:
        yield client
    finally:
        client.close()


async def _measured(station: Station, name: str) -> Cost:
    await station.start()
    try:
        messages = await _messages(station, name)
        async with _client(station.uri()) as client:
            await _posted(station, messages[:_WARM])
            await _at_rest(client)
            return await _cost(station, client, messages[_WARM:])
    finally:
        await station.stop()


async def _cost(station: Station, client: Client, messages: Sequence[Message]) -> Cost:
    work, cpu = await _work(client), cpu_of(station)
    seconds = await _posted(station, messages)
    await _at_rest(client)
    done = await _work(client) - work
    service, mongod = (
        1000 * (after - before) / len(messages)
        for before, after in zip(cpu, cpu_of(station), strict=True)
    )
    examined = done.pop("examined")
    return Cost(
        per_second=round(len(messages) / seconds, 1),
        service_ms=round(service, 2),
        mongod_ms=round(mongod, 2),
        commands=round(done.total() / len(messages), 2),
        examined=round(examined / len(messages), 1),
    )


async def _messages(station: Station, name: str) -> list[Message]:
    async with connect(station, COMMUNE) as commune:
        return [
            letter(
                commune.credential,
                f"{name}-{number}",
                number=f"{number}/{name}",
                recipients=(PROVINCE.code,),
            )
            for number in range(_ENVELOPES + _WARM)
        ]


async def _posted(station: Station, messages: Sequence[Message]) -> float:
    """Post over 64 connections that are kept alive; return how long it took."""
    waiting = iter(messages)
    async with station.session(COMMUNE) as session:

        async def lane() -> None:
            for message in waiting:
                assert (await post(session, message)).status == 201

        began = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(_CONNECTIONS)))
        return time.perf_counter() - began


async def _at_rest(client: Client) -> None:
    """Wait until everything is checked and sequenced."""
    database = open_database(client, "lienthong")
    unchecked = {"state": "accepted", "_id": {"$gt": ""}}
    waiting = True
    while waiting:
        await asyncio.sleep(0.2)
        waiting = (
            await database["log_pending"].find_one() is not None
            or await database["deliveries"].find_one(unchecked, hint="open") is not None
        )


async def _work(client: Client) -> Counter[str]:
    """What MongoDB has done so far."""
    metrics = (await client.admin.command("serverStatus"))["metrics"]
    commands = {name: metrics["commands"][name]["total"] for name in _WORK}
    return Counter({**commands, "examined": metrics["queryExecutor"]["scannedObjects"]})
