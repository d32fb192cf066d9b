"""A request for a document back is an event, not a document that falls due."""

from dataclasses import replace

import pytest

from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.deadlines import (
    CLOCKS_OF_RECIPIENT,
    ClockName,
    DeadlinePolicy,
    DeliveryFacts,
    recipient_clocks,
    send_clock,
)
from exchange.domain.docket import (
    Answerable,
    Count,
    DocketRow,
    LateClock,
    Rules,
    judge_row,
)
from exchange.domain.records import Envelope
from exchange.storage.ports import ArrivalQuery, TallyQuery
from exchange.usecases.read_overdue import OverdueQuery, read_overdue
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent, BusinessType, StatusCode
from tests.support.conversations import (
    arrived,
    recall,
    recall_by_document,
    report,
    sent_to,
    take,
)
from tests.support.deadlines import CALENDAR, FRIDAY, MONDAY, at, envelope_of
from tests.support.world import COMMUNE, PROVINCE, World, make_world

POLICY = DeadlinePolicy()
_EVENTS = {AuditEvent.DELIVERY_OVERDUE, AuditEvent.DELIVERY_ESCALATED}


@pytest.mark.parametrize("kind", BusinessType, ids=lambda one: one.name.lower())
def test_all_documents_but_requests_for_one_back_have_clocks(
    kind: BusinessType,
) -> None:
    envelope = replace(envelope_of(due=MONDAY), business_type=kind)
    facts = DeliveryFacts(envelope=envelope, arrived_at=at(FRIDAY, "12:00"))

    found = [one.name for one in recipient_clocks(facts, CALENDAR, POLICY)]

    has_clocks = kind is not BusinessType.RECALL
    assert found == (list(CLOCKS_OF_RECIPIENT) if has_clocks else [])
    assert (send_clock(envelope, CALENDAR, POLICY) is not None) is has_clocks


def test_request_for_a_document_back_that_was_late_before_is_late_no_more() -> None:
    """Rows of such requests were entered by earlier versions."""
    arrived_at, now = at(FRIDAY, "09:00"), at(MONDAY, "09:00")
    request = replace(envelope_of(), business_type=BusinessType.RECALL)
    row = DocketRow(
        envelope_id=request.envelope_id,
        recipient=PROVINCE,
        sender=COMMUNE,
        arrived_at=arrived_at,
        next_at=now,
        settled=frozenset({ClockName.CONFIRM}),
        late=(LateClock(ClockName.CONFIRM, now),),
        told=(PROVINCE, COMMUNE),
    )

    change = judge_row(
        row,
        DeliveryFacts(envelope=request, arrived_at=arrived_at),
        Rules(CALENDAR, POLICY),
        answerable=Answerable(recipient=PROVINCE, sender=COMMUNE),
        now=now,
    )

    after = change.after
    assert (after.late, after.told, after.next_at) == ((), (), None)
    assert (change.tallies, change.overdue, change.escalated) == ((), (), ())


async def ask_back(world: World, encoding: str, letter: Envelope) -> Envelope:
    """Ask for a letter of the commune; return what the province is to answer.

    By the call `/recall` the hub writes a status.
    """
    if encoding == "document":
        return (await recall_by_document(world, to=(PROVINCE,))).envelope
    await recall(world, letter)
    (_, request) = await arrived(world, PROVINCE)
    return request


async def kept(world: World) -> None:
    await DocketWatch(world.services, owner="test").keep()


async def counted(world: World, agency: OrganId) -> dict[Count, int]:
    query = TallyQuery(first_month="2026-11", last_month="2026-12", agency=agency)
    found = await world.services.storage.docket.tallies(query)
    return {one.count: one.number for one in found}


@pytest.mark.parametrize("encoding", ["document", "status"])
@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "unanswered"])
async def test_request_for_a_document_back_is_neither_late_nor_counted_in_any_encoding(
    encoding: str, is_answered: bool
) -> None:
    world = await make_world()
    letter = await sent_to(world, PROVINCE)
    await take(world, letter)
    await report(world, letter, StatusCode.REGISTERED)
    world.clock.move(minutes=5)
    request = await ask_back(world, encoding, letter)
    if is_answered:
        await take(world, request)
        await report(world, request, StatusCode.AGREED)

    world.clock.move(days=9)
    for _ in range(3):
        await kept(world)

    services = world.services
    everybody = OverdueQuery(agency=None)
    page = await read_overdue(services, services.deadlines, everybody)
    assert page.items == ()
    lines = await services.storage.audit.lines(limit=999)
    assert [one.event for one in lines if one.event in _EVENTS] == []
    assert (await counted(world, COMMUNE))[Count.SENT] == 1
    received = await counted(world, PROVINCE)
    assert received[Count.RECEIVED] == received[Count.REGISTERED_ON_TIME] == 1
    assert Count.REGISTERED_LATE not in received


async def test_request_for_a_document_back_is_in_no_incoming_register() -> None:
    world = await make_world()
    letter = await sent_to(world, PROVINCE)
    await take(world, letter)
    await recall_by_document(world, to=(PROVINCE,))

    await kept(world)

    found = await world.services.storage.docket.arrived(
        ArrivalQuery(
            recipient=PROVINCE,
            since=at(FRIDAY, "00:00"),
            until=at(FRIDAY.replace(month=12), "00:00"),
        )
    )
    assert [one.envelope_id for one in found] == [letter.envelope_id]
