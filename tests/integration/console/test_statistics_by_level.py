"""What a level did is what its agencies did, whoever looks and whoever moved."""

import csv
from collections import Counter
from collections.abc import AsyncIterator
from io import StringIO

import pytest

from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.agency_orders import Move
from exchange.domain.docket import Count
from exchange.storage.mongo.store import MongoStorage
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from schemas.edxml.document import Organisation
from tests.support.console import Console, running_console
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
    note,
)

pytestmark = pytest.mark.integration

MONTHS = "from=2026-11&to=2026-12"
Sums = Counter[tuple[str, str, str]]
"""By month, level and count."""


@pytest.fixture
async def console(mongo_storage: MongoStorage) -> AsyncIterator[Console]:
    """A service that counted in two months, between which the sender moved."""
    world = await make_world(storage=mongo_storage)
    await exchanged(world)
    move = Move(code=COMMUNE, parent=MINISTRY)
    now = world.clock.now
    command = ChangeAgencies(
        order=move, effective=now, reason="Sắp xếp", operator="test"
    )
    await change_agencies(world.services, command)
    world.clock.move(days=14)
    world.pki.root.now = world.pki.issuing.now = world.clock.now
    world.trust.refresh()
    await exchanged(world)
    async with running_console(world) as running:
        yield running


async def exchanged(world: World) -> None:
    """Send to everybody, let most of them be late, and count it."""
    recipients = tuple(
        Organisation(organ_id=one) for one in (PROVINCE, MINISTRY, FAR_COMMUNE)
    )
    await world.send(world.document(note(b"x"), recipients=recipients))
    await world.deliver()
    await DocketWatch(world.services, owner="test").keep()
    world.clock.move(days=4)
    await DocketWatch(world.services, owner="test").keep()


async def counted(console: Console, account: str, **query: str) -> Sums:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    async with console.visit(account) as visit:
        page = await visit.look(f"/statistics.csv?{MONTHS}{more}")
    assert page.status == 200
    sums: Sums = Counter()
    for row in csv.DictReader(StringIO(page.text.lstrip("\ufeff"), newline="")):
        for one in Count:
            sums[row["month"], row["level"], one] += int(row[one])
    return +sums


async def test_sum_of_a_level_is_that_of_its_agencies(console: Console) -> None:
    for account in ("tinh.van", "thu.van", "van.hanh"):
        of_levels = await counted(console, account, by_level="true")
        of_agencies = await counted(console, account)

        assert of_levels == of_agencies
        assert {month for month, _, _ in of_levels} == {"2026-11", "2026-12"}


async def test_move_rewrites_no_month(console: Console) -> None:
    of_province = await counted(console, "tinh.van", by_level="true")
    of_all = await counted(console, "van.hanh", by_level="true")

    sent = [
        (of_province[month, "commune", Count.SENT], of_all[month, "commune", "sent"])
        for month in ("2026-11", "2026-12")
    ]
    assert sent == [(1, 1), (0, 1)]
    assert of_province["2026-12", "commune", Count.CONFIRMED_LATE] == 1
