"""What was recorded and does not get into the log is told; it is in no inbox yet."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.delivery.keeper import Keeper
from exchange.domain.stuck import first_id_of, waiting_since
from exchange.http.metrics import Metrics
from tests.support.pki import NOW
from tests.support.world import make_world

GAUGE = "lienthong_log_waiting_seconds"
STUCK = "lienthong_deliveries_stuck{"


@pytest.mark.parametrize(
    ("entry_id", "waited"),
    [
        (None, timedelta()),
        (first_id_of(NOW - timedelta(seconds=90)), timedelta(seconds=90)),
        (first_id_of(NOW + timedelta(seconds=90)), timedelta()),
    ],
    ids=["nothing", "waits", "of a clock ahead"],
)
def test_entry_has_waited_since_its_id_was_made(
    entry_id: str | None, waited: timedelta
) -> None:
    assert waiting_since(entry_id, NOW) == waited


async def test_hub_says_that_its_log_waits_until_it_goes_on() -> None:
    metrics = Metrics()
    world = await make_world()
    services = replace(world.services, counters=metrics)
    await world.send(world.document())
    said = [await services.check()]

    world.clock.move(minutes=2)
    said.append(await services.check())
    await Keeper(services, owner="one").keep()
    waited = gauge(metrics)
    await services.storage.log.sequence(limit=10)
    said.append(await services.check())

    assert said == [(), ("log",), ()]
    assert waited >= 120


async def test_clock_set_back_keeps_nobody_from_looking() -> None:
    metrics = Metrics()
    world = await make_world()
    keeper = Keeper(replace(world.services, counters=metrics), owner="one")
    world.clock.move(hours=7)
    await keeper.keep()
    world.clock.move(hours=-7)
    await world.send(world.document())
    world.clock.move(minutes=2)

    await keeper.keep()

    assert gauge(metrics) >= 120


async def test_process_that_keeps_no_more_takes_back_what_it_told() -> None:
    metrics = Metrics()
    world = await make_world()
    await world.send(world.document())
    world.clock.move(minutes=30)
    stood_still = Keeper(replace(world.services, counters=metrics), owner="one")
    await stood_still.keep()
    told = gauge(metrics) > 0, stuck(metrics) > 0

    world.clock.move(seconds=20)
    await Keeper(world.services, owner="two").keep()
    await stood_still.keep()

    assert told == (True, True)
    assert (gauge(metrics), stuck(metrics)) == (0, 0)


async def test_process_that_keeps_again_looks_at_once() -> None:
    metrics = Metrics()
    world = await make_world()
    await world.send(world.document())
    world.clock.move(minutes=30)
    first = Keeper(replace(world.services, counters=metrics), owner="one")
    second = Keeper(world.services, owner="two")
    await first.keep()
    world.clock.move(seconds=20)
    await second.keep()
    await first.keep()
    await second.stop()
    await first.keep()
    assert gauge(metrics) == 1820


def stuck(metrics: Metrics) -> float:
    lines = metrics.page().decode().splitlines()
    return sum(float(one.split()[1]) for one in lines if one.startswith(STUCK))


def gauge(metrics: Metrics) -> float:
    lines = metrics.page().decode().splitlines()
    (line,) = (one for one in lines if one.startswith(f"{GAUGE} "))
    return float(line.split()[1])
