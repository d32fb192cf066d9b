"""Agencies above hear of each delay, and in turn."""

from datetime import timedelta

import pytest

from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.deadlines import DeadlinePolicy, DeliveryFacts
from exchange.domain.docket import Answerable, Rules, first_row, judge_row
from exchange.domain.notices import (
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Subscription,
)
from exchange.storage.ports import NoticeQuery
from exchange.usecases.auditing import audit_line
from exchange.usecases.noting import newest_cursor
from schemas.edxml.document import Organisation
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import AuditEvent, StatusCode
from tests.support.conversations import report
from tests.support.deadlines import CALENDAR, FRIDAY, at, envelope_of
from tests.support.pki import NOW
from tests.support.stored import COMMUNE, PROVINCE
from tests.support.world import FAR_COMMUNE, World, make_world
from tests.support.world import PROVINCE as SUPERIOR

HOUR = timedelta(hours=1)
NEAR, TOP = OrganId("H00"), OrganId("G00")
ABOVE = Answerable(recipient=PROVINCE, sender=COMMUNE, above=(NEAR, TOP))
_HOOK = "hook"


@pytest.mark.parametrize("escalation", [HOUR, timedelta(hours=4)], ids=str)
def test_each_agency_above_is_told_when_it_is_due_and_then_the_row_rests(
    escalation: timedelta,
) -> None:
    rules = Rules(CALENDAR, DeadlinePolicy(escalation=escalation))
    envelope, arrived = envelope_of(urgency=1), at(FRIDAY, "09:00")
    facts = DeliveryFacts(envelope=envelope, arrived_at=arrived)
    row, told = first_row(envelope, PROVINCE, arrived, rules), []
    first = row.next_at
    for _ in range(3):
        assert row.next_at is not None
        now = row.next_at
        change = judge_row(row, facts, rules, answerable=ABOVE, now=now)
        told.append((now, change.escalated))
        row = change.after

    assert first is not None
    assert told == [
        (first, ()),
        (first + escalation, (NEAR,)),
        (first + 2 * escalation, (TOP,)),
    ]
    assert row.next_at == first + 2 * escalation + timedelta(hours=6)


@pytest.mark.parametrize(
    "policy",
    [
        DeadlinePolicy(escalation=timedelta()),
        DeadlinePolicy(escalation=HOUR, levels=0),
        DeadlinePolicy(escalation=timedelta.max),
    ],
    ids=["all at once", "nobody", "never"],
)
def test_late_row_is_looked_at_every_six_hours_where_nobody_is_told_sooner(
    policy: DeadlinePolicy,
) -> None:
    rules = Rules(CALENDAR, policy)
    envelope, arrived = envelope_of(), at(FRIDAY, "09:00")
    row = first_row(envelope, PROVINCE, arrived, rules)
    now = at(FRIDAY + timedelta(days=9), "00:00")
    facts = DeliveryFacts(envelope=envelope, arrived_at=arrived)

    after = judge_row(row, facts, rules, answerable=ABOVE, now=now).after

    assert after.late
    assert after.next_at == now + timedelta(hours=6)


async def hooked() -> World:
    """A world whose province has a webhook."""
    world = await make_world()
    hook = Subscription(
        subscription_id=_HOOK,
        channel=NoticeChannel.WEBHOOK,
        agency=SUPERIOR,
        events=frozenset({NoticeEvent.OVERDUE}),
        created_at=NOW,
        cursor=await newest_cursor(world.services.storage),
        system_id=SystemId("qlvb-h99"),
        url="https://nhan.example.vn/moi",
    )
    line = audit_line(
        AuditEvent.WEBHOOK_REGISTERED, at=NOW, actor="test", subject=_HOOK
    )
    await world.services.storage.notices.subscribe(hook, audit=line)
    return world


async def days_pass(world: World, days: int) -> None:
    """Keep the docket four times a day."""
    watch = DocketWatch(world.services, owner="test")
    for _ in range(4 * days):
        world.clock.move(hours=6)
        await watch.keep()


async def told_above(world: World) -> tuple[int, int]:
    """How often the audit trail says that it was told, and how often it was."""
    storage = world.services.storage
    lines = await storage.audit.lines(limit=999)
    said = [one for one in lines if one.event is AuditEvent.DELIVERY_ESCALATED]
    query = NoticeQuery(state=NoticeState.WAITING, subscription_id=_HOOK)
    return len(said), len(await storage.notices.find(query))


async def test_agency_above_gets_notice_of_a_second_delay_of_one_document() -> None:
    world = await hooked()
    due = NOW.date() + timedelta(days=8)
    named = (Organisation(organ_id=FAR_COMMUNE),)
    accepted = await world.send(world.document(recipients=named, due_date=due))
    await world.deliver()
    await days_pass(world, 5)
    assert await told_above(world) == (1, 1)

    await report(world, accepted.envelope, StatusCode.REGISTERED, FAR_COMMUNE)
    await days_pass(world, 1)
    assert not await world.services.storage.docket.late(None, after="", limit=9)

    await days_pass(world, 8)
    assert await told_above(world) == (2, 2)
