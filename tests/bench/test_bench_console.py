"""Pages of fifty rows with a million envelopes stored: at most 100 ms each.

`LIENTHONG_BENCH_STORED` sets how many. What is bounded is the CPU time of the service
and of MongoDB together, that of the browser in it included. What the first look cost
(it reads the template, too) and how long a page took are told beside it.
"""

import json
import os
import statistics
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import chain, islice
from time import monotonic, perf_counter, process_time

import pytest
import pytest_asyncio

from exchange.storage.mongo.driver import open_client, open_database
from exchange.storage.mongo.store import open_mongo_storage
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from schemas.identifiers import OrganId
from tests.support.console import Console, running_console
from tests.support.loading import load
from tests.support.places import accepted_at, communes, id_at, parties
from tests.support.processes import cpu_seconds
from tests.support.world import make_world

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(1800),
    pytest.mark.asyncio(loop_scope="module"),
]

_STORED = int(os.environ.get("LIENTHONG_BENCH_STORED", "1000000"))
_AGENCIES, _LOOKS, _BAR_MS = 13_000, 10, 100.0
_DEEP = _STORED // 100 * 10
_MIDDLE = id_at(_STORED // 2, _STORED)
_MIDDLE_DAY = accepted_at(_STORED // 2, _STORED).date()
_DAY = f"from={_MIDDLE_DAY}&to={_MIDDLE_DAY}"
_MONTH = f"from={_MIDDLE_DAY:%Y-%m}&to={_MIDDLE_DAY:%Y-%m}"
_YEAR = f"from={_MIDDLE_DAY:%Y}-01&to={_MIDDLE_DAY:%Y}-12"
_PAGES = {
    "inbox": ("tinh.van", "/inbox"),
    "inbox, deep": ("tinh.van", f"/inbox?before={_DEEP}"),
    "inbox, searched": ("tinh.van", "/inbox?q=khong+co+van+ban+nao"),
    "outbox": ("thu.van", "/outbox"),
    "outbox, deep": ("thu.van", f"/outbox?before={id_at(_DEEP, _STORED)}"),
    "outbox, searched": ("thu.van", "/outbox?q=khong+co&state=held"),
    "deliveries": ("van.hanh", "/deliveries?list=dead_letter"),
    "deliveries, deep": ("van.hanh", f"/deliveries?list=failed&after={_MIDDLE}"),
    "deliveries, untaken": ("van.hanh", "/deliveries?list=untaken"),
    "operations": ("van.hanh", "/operations"),
    "audit": ("giam.sat", "/audit"),
    "audit of one actor": ("giam.sat", "/audit?actor=qlvb-h99.151"),
    "audit, deep": ("giam.sat", f"/audit?until={_MIDDLE_DAY}"),
    "audit of nothing": ("giam.sat", "/audit?event=recall.done"),
    "register, incoming": ("tinh.van", f"/registers?{_DAY}"),
    "register, outgoing": ("thu.van", f"/registers?kind=outgoing&{_DAY}"),
    "statistics": ("van.hanh", f"/statistics?{_MONTH}"),
    "statistics of a province": ("tinh.van", f"/statistics?{_MONTH}"),
    "statistics of a year": ("tinh.van", f"/statistics?{_YEAR}"),
    "statistics by level": ("tinh.van", f"/statistics?{_MONTH}&by_level=true"),
    "statistics by level of a year": (
        "tinh.van",
        f"/statistics?{_YEAR}&by_level=true",
    ),
    "statistics by level of all": ("van.hanh", f"/statistics?{_YEAR}&by_level=true"),
    "directory": ("thu.van", "/directory?below=H99"),
    "directory, deep": ("thu.van", "/directory?below=H99&after=H99.9000"),
    "directory, searched": ("thu.van", "/directory?q=xa+9"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A console over what is stored, and the process of its database."""

    console: Console
    mongod: int

    def cpu_ms(self) -> float:
        """CPU time so far."""
        return (process_time() + cpu_seconds(self.mongod)) * 1000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stored(mongod_uri: str) -> AsyncIterator[Stored]:
    name = "bench_console"
    client = open_client(mongod_uri, patience_seconds=10.0)
    began = monotonic()
    await load(open_database(client, name), _STORED)
    storage = await open_mongo_storage(mongod_uri, database=name)
    loaded = {"stored": _STORED, "load_seconds": round(monotonic() - began)}
    sys.stdout.write(json.dumps(loaded) + "\n")
    world = await make_world(storage=storage)
    idle = (f"H99.{number}" for number in range(1_000, 1_000 + _AGENCIES))
    below = communes(islice(chain(parties(), map(OrganId, idle)), _AGENCIES))
    command = ImportAgencies(agencies=below, operator="test")
    await import_agencies(world.services, command)
    # What was loaded is on disk before anything is measured.
    await client.admin.command("fsync")
    mongod = (await client.admin.command("serverStatus"))["pid"]
    async with running_console(world) as running:
        yield Stored(console=running, mongod=mongod)
    await client.drop_database(name)
    client.close()
    await storage.close()


@pytest.mark.parametrize("name", _PAGES)
async def test_page_is_quick_however_much_is_stored(stored: Stored, name: str) -> None:
    account, path = _PAGES[name]
    took = []
    async with stored.console.visit(account) as visit:
        spent = stored.cpu_ms()
        page = await visit.look(path)
        assert page.status == 200
        first = stored.cpu_ms() - spent
        spent = stored.cpu_ms()
        for _ in range(_LOOKS):
            began = perf_counter()
            page = await visit.look(path)
            took.append((perf_counter() - began) * 1000)
        spent = (stored.cpu_ms() - spent) / _LOOKS
    measured = {
        "bench": f"console page: {name}",
        "bar_ms": _BAR_MS,
        "cpu_ms": round(spent, 1),
        "first_cpu_ms": round(first, 1),
        "median_ms": round(statistics.median(took), 1),
        "rows": max(page.text.count("<tr>") - 1, 0),
        "stored": _STORED,
    }
    sys.stdout.write(json.dumps(measured) + "\n")
    assert spent <= _BAR_MS, measured
