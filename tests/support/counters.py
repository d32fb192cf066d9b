"""Counters of a running service, read as Prometheus does."""

from collections import Counter

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import cpu_seconds
from tests.support.station import Station

_LAG = "lienthong_event_loop_lag_seconds"


async def page_of(station: Station) -> str:
    """The page of counters of a running service."""
    address = f"http://127.0.0.1:{station.service.admin_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return (await answer.read()).decode()


async def lag_of(station: Station) -> Counter[float]:
    """How often the event loops were at most so late, in seconds, all processes."""
    found: Counter[float] = Counter()
    for family in text_string_to_metric_families(await page_of(station)):
        if family.name == _LAG:
            for one in family.samples:
                if one.name == f"{_LAG}_bucket":
                    found[float(one.labels["le"])] += int(one.value)
    return found


def percentile_ms(within: Counter[float], share: float) -> float:
    """The first bound, in milliseconds, that this share is within."""
    total = max(within.values())
    return min(
        1000 * bound for bound, count in within.items() if count >= share * total
    )


def cpu_of(station: Station) -> tuple[float, float]:
    """Processor time of a running service's processes, and of its mongod, so far."""
    mongod = station.mongod
    if mongod is None:
        raise LookupError("mongod does not run")
    return sum(map(cpu_seconds, station.processes)), cpu_seconds(mongod.pid)
