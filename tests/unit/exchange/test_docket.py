"""The docket: made from the log once, settled once, and told of level by level."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.agency_orders import Move
from exchange.domain.deadlines import ClockName, DeadlinePolicy, DeliveryFacts
from exchange.domain.docket import (
    Answerable,
    Count,
    DocketRow,
    Rules,
    Tally,
    arrival_tallies,
    first_row,
    judge_row,
    sending_tallies,
)
from exchange.domain.records import Envelope
from exchange.storage.ports import TallyQuery
from exchange.usecases.read_overdue import OverduePage, OverdueQuery, read_overdue
from schemas.edxml.document import Organisation, PromulgationInfo
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent, EvidenceLevel, StatusCode, Step
from tests.support.conversations import merge, ordered, read, recall, report, take
from tests.support.deadlines import CALENDAR, FRIDAY, MONDAY, at, envelope_of
from tests.support.stored import COMMUNE, PROVINCE
from tests.support.world import COMMUNE as SENDER
from tests.support.world import FAR_COMMUNE, MINISTRY, World, make_world
from tests.support.world import PROVINCE as SUPERIOR

RULES = Rules(CALENDAR, DeadlinePolicy())
ARRIVED = at(FRIDAY, "09:00")
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
TOP = OrganId("G00")
ABOVE = Answerable(recipient=PROVINCE, sender=COMMUNE, above=(TOP,))


def looked_at(
    now: datetime,
    steps: dict[Step, datetime] | None = None,
    row: DocketRow | None = None,
    *,
    is_asked_back: bool = False,
) -> tuple[DocketRow, list[Count], list[ClockName], tuple[OrganId, ...]]:
    envelope = envelope_of()
    before = row or first_row(envelope, PROVINCE, ARRIVED, RULES)
    facts = DeliveryFacts(
        envelope=envelope,
        arrived_at=ARRIVED,
        steps=steps or {},
        is_asked_back=is_asked_back,
    )
    change = judge_row(before, facts, RULES, answerable=ABOVE, now=now)
    assert change.before == before
    counts = [one.count for one in change.tallies]
    return change.after, counts, [one.name for one in change.overdue], change.escalated


def test_a_row_is_first_looked_at_when_its_first_moment_has_passed() -> None:
    row = first_row(envelope_of(), PROVINCE, ARRIVED, RULES)

    assert row.next_at == at(FRIDAY + timedelta(days=1), "00:00")
    assert row.told == ()


def test_what_is_done_in_time_is_counted_once_and_the_row_rests() -> None:
    steps = {Step.TAKEN: ARRIVED, Step.REGISTERED: at(FRIDAY, "10:00")}

    row, counts, overdue, _ = looked_at(at(MONDAY, "00:00"), steps)

    assert counts == [Count.CONFIRMED_ON_TIME, Count.REGISTERED_ON_TIME]
    assert (overdue, row.next_at, row.told) == ([], None, ())
    assert looked_at(at(MONDAY, "01:00"), steps, row)[1] == []


def test_a_moment_that_passed_is_one_event_and_is_told_to_both_ends() -> None:
    row, counts, overdue, escalated = looked_at(at(FRIDAY + timedelta(1), "00:00"))

    assert counts == [Count.CONFIRMED_LATE]
    assert overdue == [ClockName.CONFIRM]
    assert (row.told, escalated) == ((PROVINCE, COMMUNE), ())

    again, counts, overdue, escalated = looked_at(at(MONDAY, "09:00"), row=row)
    assert (counts, overdue) == ([], [])
    assert escalated == (TOP,)
    assert again.told == (PROVINCE, COMMUNE, TOP)
    assert looked_at(at(MONDAY, "15:00"), row=again)[3] == ()


def test_what_is_made_good_is_late_no_longer_but_stays_counted_late() -> None:
    late, *_ = looked_at(at(TUESDAY, "00:00"))
    assert [one.name for one in late.late] == [ClockName.CONFIRM, ClockName.REGISTER]

    steps = {Step.REGISTERED: at(TUESDAY, "08:00")}
    row, counts, overdue, _ = looked_at(at(TUESDAY, "09:00"), steps, late)

    assert (row.late, row.told, row.next_at) == ((), (), None)
    assert (counts, overdue) == ([], [])


def test_a_hub_that_was_down_counts_what_was_late_meanwhile() -> None:
    steps = {Step.REGISTERED: at(WEDNESDAY, "08:00")}

    row, counts, overdue, escalated = looked_at(at(WEDNESDAY, "09:00"), steps)

    assert counts == [Count.CONFIRMED_LATE, Count.REGISTERED_LATE]
    assert overdue == [ClockName.CONFIRM, ClockName.REGISTER]
    assert (row.late, row.told, escalated) == ((), (), ())


def test_a_document_that_may_not_be_read_any_more_has_no_clocks() -> None:
    envelope = envelope_of()
    row = first_row(envelope, PROVINCE, ARRIVED, RULES)

    change = judge_row(
        row,
        DeliveryFacts(envelope=envelope),
        RULES,
        answerable=ABOVE,
        now=at(MONDAY, "09:00"),
    )

    assert (change.after.next_at, change.tallies, change.overdue) == (None, (), ())


@pytest.mark.parametrize(
    ("envelope", "counts"),
    [
        (
            envelope_of(accepted_at=at(MONDAY, "12:00")),
            {
                *(Count.SENT, Count.SENT_DELIVERIES, Count.SENT_SIGNED),
                *(Count.SENT_ELECTRONIC_ONLY, Count.SENT_ON_TIME),
            },
        ),
        (
            replace(
                envelope_of(accepted_at=at(MONDAY, "12:01")),
                evidence_level=EvidenceLevel.CHANNEL,
                matter=replace(envelope_of().matter, paper=True),
            ),
            {Count.SENT, Count.SENT_DELIVERIES, Count.SENT_LATE},
        ),
    ],
    ids=["signed and in time", "with paper and late"],
)
def test_what_is_sent_is_counted_by_what_it_is(
    envelope: Envelope, counts: set[Count]
) -> None:
    found = list(sending_tallies(envelope, RULES))

    assert {one.count for one in found} == counts
    assert {(one.month, one.agency) for one in found} == {("2026-11", COMMUNE)}


def test_months_are_those_of_vietnam() -> None:
    row = replace(
        first_row(envelope_of(), PROVINCE, ARRIVED, RULES),
        arrived_at=at(FRIDAY.replace(month=12, day=1), "00:00"),
    )

    months = {one.month for one in arrival_tallies(row, envelope_of())}
    assert months == {"2026-12"}


@pytest.fixture
async def world() -> World:
    return await make_world()


async def sent_to(world: World, *recipients: OrganId) -> Envelope:
    named = tuple(Organisation(organ_id=one) for one in recipients)
    accepted = await world.send(world.document(recipients=named))
    await world.deliver()
    return accepted.envelope


async def kept(world: World) -> DocketWatch:
    watch = DocketWatch(world.services, owner="test")
    await watch.keep()
    return watch


async def late_to(world: World, agency: OrganId) -> list[OrganId]:
    found = await world.services.storage.docket.late(agency, after="", limit=99)
    return [one.recipient for one in found]


async def counted(world: World, agency: OrganId) -> dict[Count, int]:
    found = await world.services.storage.docket.tallies(
        TallyQuery(first_month="2026-11", last_month="2026-11", agency=agency)
    )
    return {one.count: one.number for one in found}


async def events(world: World) -> list[tuple[AuditEvent, dict[str, str]]]:
    lines = await world.services.storage.audit.lines(limit=999)
    wanted = {AuditEvent.DELIVERY_OVERDUE, AuditEvent.DELIVERY_ESCALATED}
    return [(one.event, dict(one.facts)) for one in lines if one.event in wanted]


async def test_who_does_nothing_is_late_once_and_then_those_above_hear_of_it(
    world: World,
) -> None:
    envelope = await sent_to(world, FAR_COMMUNE, SUPERIOR)
    await report(world, envelope, StatusCode.REGISTERED, SUPERIOR)
    await kept(world)
    assert await late_to(world, FAR_COMMUNE) == []
    assert await counted(world, SENDER) == {
        Count.SENT: 1,
        Count.SENT_DELIVERIES: 2,
        Count.SENT_SIGNED: 1,
        Count.SENT_ELECTRONIC_ONLY: 1,
        Count.SENT_ON_TIME: 1,
    }

    world.clock.move(days=2, hours=16)  # Tuesday 01:00 in Vietnam
    for _ in range(3):
        await kept(world)

    assert await late_to(world, FAR_COMMUNE) == [FAR_COMMUNE]
    assert await late_to(world, SENDER) == [FAR_COMMUNE]
    assert await late_to(world, SUPERIOR) == []
    ((event, facts),) = await events(world)
    assert event is AuditEvent.DELIVERY_OVERDUE
    assert (facts["recipient"], facts["clock"]) == (FAR_COMMUNE, "confirm")

    world.clock.move(days=1)
    for _ in range(3):
        await kept(world)

    assert await late_to(world, SUPERIOR) == [FAR_COMMUNE]
    assert [one for one, _ in await events(world)].count(
        AuditEvent.DELIVERY_ESCALATED
    ) == 1
    assert await counted(world, FAR_COMMUNE) == {
        Count.RECEIVED: 1,
        Count.RECEIVED_SIGNED: 1,
        Count.RECEIVED_ELECTRONIC_ONLY: 1,
        Count.CONFIRMED_LATE: 1,
        Count.REGISTERED_LATE: 1,
    }
    in_time = await counted(world, SUPERIOR)
    assert in_time[Count.CONFIRMED_ON_TIME] == in_time[Count.REGISTERED_ON_TIME] == 1


async def test_who_is_above_when_it_is_late_hears_of_it_and_not_who_will_be(
    world: World,
) -> None:
    await sent_to(world, FAR_COMMUNE)
    await ordered(world, Move(code=FAR_COMMUNE, parent=MINISTRY), days=200)

    world.clock.move(days=5)
    for _ in range(3):
        await kept(world)

    assert await late_to(world, SUPERIOR) == [FAR_COMMUNE]
    assert await late_to(world, MINISTRY) == []


async def test_what_is_asked_back_before_its_moment_is_nobodys_delay(
    world: World,
) -> None:
    envelope = await sent_to(world, SUPERIOR)
    await read(world, envelope, SUPERIOR)
    await recall(world, envelope)

    world.clock.move(days=9)
    await kept(world)

    assert await events(world) == []
    assert Count.CONFIRMED_LATE not in await counted(world, SUPERIOR)


def test_what_is_asked_back_waits_for_the_answer() -> None:
    asked = {Step.RECALL_REQUESTED: at(FRIDAY, "10:00")}

    row, counts, overdue, _ = looked_at(at(TUESDAY, "00:00"), asked, is_asked_back=True)

    assert (counts, overdue, row.settled, row.late) == ([], [], frozenset(), ())
    assert row.next_at == at(TUESDAY, "06:00")
    done, counts, *_ = looked_at(at(TUESDAY, "06:00"), asked, row)
    assert (counts, done.next_at) == ([], None)


def test_what_was_done_before_it_is_asked_back_is_counted() -> None:
    steps = {
        Step.REGISTERED: at(FRIDAY, "09:30"),
        Step.RECALL_REQUESTED: at(FRIDAY, "10:00"),
    }

    row, counts, *_ = looked_at(at(TUESDAY, "00:00"), steps, is_asked_back=True)

    assert counts == [Count.CONFIRMED_ON_TIME, Count.REGISTERED_ON_TIME]
    assert row.next_at is None


async def test_clocks_go_on_when_the_recipient_keeps_what_is_asked_back(
    world: World,
) -> None:
    envelope = await sent_to(world, SUPERIOR)
    await read(world, envelope, SUPERIOR)
    await recall(world, envelope)
    world.clock.move(days=4)
    await kept(world)
    assert await late_to(world, SUPERIOR) == []

    await report(world, envelope, StatusCode.DECLINED, SUPERIOR, reason="Đã thi hành")
    world.clock.move(hours=7)
    await kept(world)

    assert await late_to(world, SUPERIOR) == [SUPERIOR]
    assert (await counted(world, SUPERIOR))[Count.REGISTERED_LATE] == 1


async def test_a_document_due_on_the_last_day_there_is_holds_up_no_other(
    world: World,
) -> None:
    named = (Organisation(organ_id=SUPERIOR),)
    signed = PromulgationInfo(promulgation_date=date.max)
    for message in (
        world.document(recipients=named, due_date=date.max),
        world.document(recipients=named, promulgation=signed),
        world.document(recipients=named),
    ):
        await world.send(message)
    await world.deliver()

    await kept(world)

    assert (await counted(world, SUPERIOR))[Count.RECEIVED] == 3


async def test_what_is_taken_late_leaves_the_list(world: World) -> None:
    envelope = await sent_to(world, SUPERIOR)
    world.clock.move(days=3)
    await kept(world)
    assert await late_to(world, SUPERIOR) == [SUPERIOR]

    await take(world, envelope, SUPERIOR)
    await report(world, envelope, StatusCode.REGISTERED, SUPERIOR)
    world.clock.move(days=1)
    await kept(world)

    assert await late_to(world, SUPERIOR) == []


async def test_a_process_that_is_late_enters_nothing_twice(world: World) -> None:
    await sent_to(world, SUPERIOR)
    first = await kept(world)
    await kept(world)
    await first.stop()
    await kept(world)

    assert (await counted(world, SUPERIOR))[Count.RECEIVED] == 1
    assert Tally("2026-11", SUPERIOR, Count.RECEIVED) in (
        await world.services.storage.docket.tallies(
            TallyQuery(first_month="2026-11", last_month="2026-11")
        )
    )


async def test_what_waits_at_a_closed_agency_is_late_to_who_took_over(
    world: World,
) -> None:
    await sent_to(world, FAR_COMMUNE)
    await merge(world, FAR_COMMUNE, MINISTRY)

    world.clock.move(days=5)
    for _ in range(3):
        await kept(world)

    # So it is under the code it was sent to; nobody is above who took over.
    assert await late_to(world, MINISTRY) == [FAR_COMMUNE]
    assert await late_to(world, FAR_COMMUNE) == [FAR_COMMUNE]
    assert await late_to(world, SUPERIOR) == []


async def test_who_took_over_what_was_late_already_is_told_once(world: World) -> None:
    await sent_to(world, FAR_COMMUNE)
    world.clock.move(days=2, hours=16)
    await kept(world)
    await merge(world, FAR_COMMUNE, MINISTRY)

    for _ in range(3):
        world.clock.move(hours=7)
        await kept(world)

    assert await late_to(world, MINISTRY) == [FAR_COMMUNE]
    told = [one for name, one in await events(world) if "told" in one]
    assert [one["told"] for one in told] == [MINISTRY]


async def test_what_a_closed_agency_sent_is_late_to_who_took_over(world: World) -> None:
    await sent_to(world, FAR_COMMUNE)
    await merge(world, SENDER, MINISTRY)
    world.clock.move(days=3)
    await kept(world)

    async def shown(inherited: frozenset[OrganId]) -> str:
        query = OverdueQuery(agency=MINISTRY, inherited=inherited)
        page = await read_overdue(world.services, world.services.deadlines, query)
        (item,) = page.items
        return item.document_code

    assert await late_to(world, MINISTRY) == [FAR_COMMUNE]
    assert await shown(frozenset({SENDER})) == "214/UBND-VHXH"
    assert await shown(frozenset()) == ""


async def test_a_list_of_what_is_late_is_empty_only_where_nothing_is(
    world: World,
) -> None:
    letters = []
    for _ in range(3):
        letters.append(await sent_to(world, SUPERIOR))
        world.clock.move(seconds=1)
    world.clock.move(days=3)
    await kept(world)
    for one in letters[:2]:
        await report(world, one, StatusCode.REGISTERED, SUPERIOR)

    async def page(after: str) -> OverduePage:
        query = OverdueQuery(agency=None, after=after, limit=1)
        return await read_overdue(world.services, world.services.deadlines, query)

    found = await page("")
    assert [one.row.envelope_id for one in found.items] == [letters[2].envelope_id]
    end = await page(found.after)
    assert (end.items, end.after) == ((), found.after)
