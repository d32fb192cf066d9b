"""A name that an agency is to have from a later day is its name from that day on."""

from datetime import date, timedelta

import pytest

from exchange.console.recipients import RecipientFinder, choice_of
from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.agency_orders import Rename
from exchange.domain.roles import AccessRole
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.directory import current_directory
from exchange.usecases.letters import Letter, letter_submission
from exchange.usecases.register_books import titles
from exchange.usecases.statistics import StatisticsQuery, statistics
from schemas.document_kinds import DOCUMENT_KINDS
from schemas.identifiers import DocumentCode
from tests.support.callers import caller_for
from tests.support.pki import NOW
from tests.support.world import COMMUNE, PROVINCE, World, make_world

COMMUNE_TODAY, COMMUNE_LATER = "UBND xã Suối Mây", "UBND phường Suối Mây"
PROVINCE_TODAY, PROVINCE_LATER = "UBND tỉnh Bình Sơn", "UBND thành phố Bình Sơn"
THIS_MONTH = f"{NOW:%Y-%m}"


@pytest.fixture
async def world() -> World:
    """A document has been sent; from the 40th day on two agencies have other names."""
    world = await make_world()
    await world.sent()
    await world.deliver()
    await DocketWatch(world.services, owner="test").keep()
    for code, name in ((COMMUNE, COMMUNE_LATER), (PROVINCE, PROVINCE_LATER)):
        command = ChangeAgencies(
            order=Rename(code=code, name=name),
            effective=NOW + timedelta(days=40),
            reason="Sắp xếp",
            operator="test",
        )
        await change_agencies(world.services, command)
    return world


async def counted(world: World) -> dict[str, str]:
    """Return the names in the counts of the month of the document."""
    query = StatisticsQuery(first_month=THIS_MONTH, last_month=THIS_MONTH)
    directory = await current_directory(world.services)
    rows = await statistics(world.services, directory, query)
    return {one.agency: one.name for one in rows}


async def written(world: World) -> str:
    """Return a letter as it would leave."""
    letter = Letter(
        recipients=(PROVINCE,),
        kind=DOCUMENT_KINDS[6],
        code=DocumentCode(number="215", notation="UBND-VHXH"),
        promulgated=date(2026, 11, 21),
        subject="V/v mời họp",
    )
    caller = caller_for(COMMUNE, AccessRole.CLERK)
    submission = await letter_submission(world.services, caller, COMMUNE, letter)
    return b"".join([one async for one in submission.chunks]).decode()


async def test_counts_of_a_month_name_agencies_as_they_were(world: World) -> None:
    for days in (0, 60):
        world.clock.move(days=days)
        names = await counted(world)
        assert names[COMMUNE] == COMMUNE_TODAY
        assert names[PROVINCE] == PROVINCE_TODAY


async def test_letter_bears_the_names_of_its_day(world: World) -> None:
    today = await written(world)
    assert (COMMUNE_TODAY in today, PROVINCE_TODAY in today) == (True, True)
    assert (COMMUNE_LATER in today, PROVINCE_LATER in today) == (False, False)
    world.clock.move(days=60)
    later = await written(world)
    assert (COMMUNE_LATER in later, PROVINCE_LATER in later) == (True, True)


@pytest.mark.parametrize("typed", ["xã suối mây", "phuong suoi may"])
@pytest.mark.parametrize("days", [0, 60])
async def test_agency_is_found_by_every_name_on_record(
    world: World, typed: str, days: int
) -> None:
    directory = await current_directory(world.services)
    at = NOW + timedelta(days=days)
    found = RecipientFinder().found(directory, typed, at)
    assert [one.code for one in found if not one.group] == [COMMUNE]


async def test_pages_and_covers_show_the_names_of_now(world: World) -> None:
    directory = await current_directory(world.services)
    for at, name in ((NOW, COMMUNE_TODAY), (NOW + timedelta(days=60), COMMUNE_LATER)):
        found = RecipientFinder().found(directory, "suối mây", at)
        assert name in {one.name for one in found}
        assert choice_of(directory, COMMUNE, at).name == name
        assert titles(directory, COMMUNE, at)[-1] == f"{name.upper()} ({COMMUNE})"
        assert directory.name_of(COMMUNE, at) == name
