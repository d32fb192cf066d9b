"""Runs a plan on a site of its own, compares, and reports."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exchange.demo.service import Launch, launch_program
from exchange.settings.database import MongoSettings
from schemas.identifiers import SystemId
from tests.prove.simulation import site
from tests.prove.simulation.check import Check
from tests.prove.simulation.driver import Driver
from tests.prove.simulation.kills import (
    Killer,
    Victims,
    strike_primary,
    strike_site,
)
from tests.prove.simulation.model import Model
from tests.prove.simulation.plan import Plan, Scale, make_plan
from tests.prove.simulation.run import Run, opened, progress
from tests.prove.simulation.site import Connection
from tests.support.cluster import ClusterStation
from tests.support.processes import cpu_seconds
from tests.support.station import Station, make_station
from tests.support.three_nodes import ThreeNodes, three_nodes

_MISHAPS = 0.05
_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to; `faults` is empty when everything is as the model says."""

    faults: tuple[str, ...]
    figures: dict[str, object]


@asynccontextmanager
async def _serving(station: Station) -> AsyncIterator[None]:
    try:
        await station.start()
        yield
    finally:
        await station.stop()


async def simulate(
    folder: Path,
    scale: Scale,
    *,
    victims: Victims | None = None,
    kills: int = 0,
    workers: int = 2,
    launch: Launch = launch_program,
) -> Outcome:
    """Run a plan of this scale and compare it with the model.

    Args:
        folder: empty, for the site.
        scale: how large, and its seed.
        victims: what is killed meanwhile, if anything.
        kills: how often.
        workers: processes that take requests.
        launch: how the service is started.
    """
    plan = make_plan(scale)
    run = Run(plan, Model(plan), acting=plan.province.acting)
    killer = Killer(kills=kills, documents=scale.documents, seed=scale.seed)
    async with AsyncExitStack() as stack:
        station = make_station(folder / "site", workers=workers)
        station.launch = launch
        strike = partial(strike_site, station)
        if victims is Victims.PRIMARY:
            nodes = await stack.enter_async_context(three_nodes(folder))
            station = _on_three_nodes(station, nodes)
            strike = partial(strike_primary, nodes)
        with run.phase("found"):
            connections = site.connect_systems(station, plan)
            settings = MongoSettings(uri=_uri(station))
            await site.found(station, plan, connections, database=settings)
        with run.phase("start"):
            await stack.enter_async_context(_serving(station))
        lines = opened(run, station, connections, share=_MISHAPS)
        await stack.enter_async_context(lines)
        async with asyncio.TaskGroup() as group:
            group.create_task(killer.work(strike))
            return await _carried_out(run, station, connections, killer)


def _uri(station: Station) -> str:
    return station.uri() if isinstance(station, ClusterStation) else ""


def _on_three_nodes(station: Station, nodes: ThreeNodes) -> ClusterStation:
    """Let the site of a station use another database than its own."""
    config = station.site.config
    text = config.read_text("utf-8")
    config.write_text(f'{text}\n[mongodb]\nuri = "{nodes.uri}"\n', "utf-8")
    return ClusterStation(
        station.site, station.port, station.workers, address=nodes.uri
    )


async def _carried_out(
    run: Run,
    station: Station,
    connections: Mapping[SystemId, Connection],
    killer: Killer,
) -> Outcome:
    plan: Plan = run.plan
    show = progress(plan.scale.documents)

    async def merge() -> None:
        async with killer.quiet:
            await site.merge(station, plan, connections)

    def told(finished: int) -> None:
        killer.told(finished)
        show(finished)

    with run.phase("run"):
        await Driver(run, merge=merge, told=told).carry_out()
    cpu = _cpu(station)
    check = Check(run, station)
    lost, doubled = check.inboxes()
    with run.phase("check"):
        faults = [
            *(f"lost: {line} {n}" for line, n in lost.items()),
            *(f"doubled: {line} {n}" for line, n in doubled.items()),
            *await _other_faults(run, check),
        ]
    figures = _figures(run, cpu=cpu)
    figures["kills"] = killer.done
    figures |= {"lost": lost.total(), "doubled": doubled.total(), "faults": len(faults)}
    return Outcome(faults=tuple(faults), figures=figures)


async def _other_faults(run: Run, check: Check) -> list[str]:
    faults = [*check.order(), *check.refusals()]
    for asked in (
        check.repeats,
        check.inboxes_again,
        check.stored,
        check.log,
        check.traces,
        check.bundles,
    ):
        with run.phase(f"check {asked.__name__}"):
            faults += await asked()
    return faults


def _figures(run: Run, *, cpu: Mapping[str, float]) -> dict[str, object]:
    documents, seconds = len(run.plan.all_letters), run.phases["run"]
    lines = sum(map(len, run.seen.values()))
    return {
        "prove": "province",
        "seed": run.plan.scale.seed,
        "agencies": len(run.plan.province.agencies),
        "systems": len(run.plan.province.systems),
        "documents": documents,
        "inbox_lines": lines,
        "seconds": run.phases,
        "documents_per_second": round(documents / seconds, 1),
        "lines_per_second": round(lines / seconds, 1),
        "cpu_ms_per_document": {
            name: round(1000 * found / documents, 1) for name, found in cpu.items()
        },
        "milliseconds": {
            name: _percentiles(found) for name, found in _measured(run).items()
        },
        "mishaps": dict(run.measured.mishaps),
        "refused": len(run.refused),
        "sent_again": len(run.kept),
    }


def _cpu(station: Station) -> dict[str, float]:
    """Processor time since each process started; a kill begins anew."""
    service, *workers = station.processes
    found = {
        "service": cpu_seconds(service),
        "workers": sum(map(cpu_seconds, workers)),
        "systems": time.process_time(),
    }
    mongod = station.mongod
    return found if mongod is None else {**found, "mongod": cpu_seconds(mongod.pid)}


def _measured(run: Run) -> dict[str, Sequence[float]]:
    return {**run.measured.seconds, "arrival": run.arrivals}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        f"p{one}": round(1000 * ordered[(len(ordered) - 1) * one // 100], 1)
        for one in _PERCENTILES
    }
