"""Recipients whom an update adds pass the same rules as those of `To`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.messages import Message
from exchange.domain.agency_orders import Close, Merge
from exchange.domain.records import Envelope, Redirect
from exchange.domain.retention import RetentionPolicy
from exchange.settings.addressing import AddressingSettings
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.purge_bodies import Purging, purge_bodies
from schemas.edxml.document import Organisation
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState, Level, RedirectReason, Step
from tests.support.conversations import (
    arrived,
    delivery,
    ordered,
    receipts,
    step_of,
    take,
    update,
)
from tests.support.world import (
    FAR_COMMUNE,
    MERGED,
    MINISTRY,
    PROVINCE,
    World,
    agency,
    make_world,
)

AHEAD = OrganId("G97")
ENDED = OrganId("G98")
SOON = RetentionPolicy(years=0.001)


@pytest.fixture
async def world() -> World:
    world = await make_world()
    begins = world.clock.now + timedelta(days=300)
    rows = [
        agency(ENDED, "Bộ đã giải thể", Level.CENTRAL),
        agency(AHEAD, "Bộ tương lai", Level.CENTRAL, valid_from=begins),
    ]
    await import_agencies(world.services, ImportAgencies(agencies=rows, operator="t"))
    await ordered(world, Close(code=ENDED))
    return world


def to(*agencies: OrganId) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=one) for one in agencies)


async def letter_to(world: World, *agencies: OrganId) -> Envelope:
    accepted = await world.send(world.document(recipients=to(*agencies)))
    await world.deliver()
    return accepted.envelope


def adding(world: World, *agencies: OrganId) -> Message:
    """An update to the ministry that adds recipients."""
    added = ((one, 0) for one in agencies)
    return update(world, *added, recipients=to(MINISTRY))


async def refusal(world: World, message: Message) -> tuple[ErrorCode, str]:
    with pytest.raises(CodedError) as caught:
        await world.send(message)
    return caught.value.code, caught.value.place


async def recipients_of(world: World, letter: Envelope) -> set[OrganId]:
    found = await world.services.storage.envelopes.deliveries(letter.envelope_id)
    return {one.recipient for one in found}


async def test_added_agency_that_is_closed_is_reached_by_its_successor_with_proof(
    world: World,
) -> None:
    letter = await letter_to(world, MINISTRY)
    await ordered(world, Merge(sources=(FAR_COMMUNE,), into=PROVINCE))
    changed = (await world.send(adding(world, FAR_COMMUNE))).envelope

    assert set(await arrived(world, PROVINCE)) == {letter, changed}
    assert await recipients_of(world, letter) == {MINISTRY, PROVINCE}
    assert changed.recipients == (MINISTRY, FAR_COMMUNE, PROVINCE)
    assert changed.redirects == (Redirect(FAR_COMMUNE, PROVINCE),)
    instead = await delivery(world, changed, FAR_COMMUNE)
    assert instead.state is DeliveryState.REDIRECTED
    steps = [step_of(one.content) for one in await receipts(world, changed)]
    (told,) = (one for one in steps if one.step is Step.REDIRECTED)
    (link,) = told.redirections
    assert (link.addressed, link.successor) == (FAR_COMMUNE, PROVINCE)
    assert link.reason is RedirectReason.CLOSED
    assert link.event_id


async def test_closed_agency_and_its_successor_are_added_as_one(world: World) -> None:
    letter = await letter_to(world, MINISTRY)
    await ordered(world, Merge(sources=(FAR_COMMUNE,), into=PROVINCE))
    changed = (await world.send(adding(world, FAR_COMMUNE, PROVINCE))).envelope
    assert changed.recipients == (MINISTRY, FAR_COMMUNE, PROVINCE)
    assert await recipients_of(world, letter) == {MINISTRY, PROVINCE}


async def test_added_agency_without_a_system_is_reached_by_the_one_above(
    world: World,
) -> None:
    row = agency("H99.160", "Xã chưa kết nối", Level.COMMUNE, PROVINCE)
    await import_agencies(world.services, ImportAgencies(agencies=[row], operator="t"))
    falling = AddressingSettings(parent_fallback=True)
    world = replace(world, services=replace(world.services, addressing=falling))
    letter = await letter_to(world, MINISTRY)
    changed = (await world.send(adding(world, row.code))).envelope
    assert changed.redirects == (Redirect(row.code, PROVINCE),)
    assert await recipients_of(world, letter) == {MINISTRY, PROVINCE}


@pytest.mark.parametrize(
    ("added", "code"),
    [
        (ENDED, ErrorCode.RECIPIENT_CLOSED),
        (AHEAD, ErrorCode.RECIPIENT_UNKNOWN),
        (FAR_COMMUNE, ErrorCode.RECIPIENT_CHANGE_CONTRADICTS),
    ],
    ids=["closed for good", "not founded yet", "its successor has it"],
)
async def test_who_cannot_be_reached_is_not_added(
    world: World, added: OrganId, code: ErrorCode
) -> None:
    letter = await letter_to(world, MINISTRY, PROVINCE)
    await ordered(world, Merge(sources=(FAR_COMMUNE,), into=PROVINCE))
    assert await refusal(world, adding(world, MERGED, added)) == (code, added)
    assert await recipients_of(world, letter) == {MINISTRY, PROVINCE}


@pytest.mark.parametrize(
    ("had", "named"),
    [((MINISTRY,), (MINISTRY, PROVINCE)), ((MINISTRY, PROVINCE), (MINISTRY,))],
    ids=["by the update", "by the document"],
)
async def test_no_more_are_added_than_may_be_reached_in_all(
    world: World, had: tuple[OrganId, ...], named: tuple[OrganId, ...]
) -> None:
    letter = await letter_to(world, *had)
    few = AddressingSettings(recipients=2)
    world = replace(world, services=replace(world.services, addressing=few))
    message = update(world, (FAR_COMMUNE, 0), recipients=to(*named))
    found = await refusal(world, message)
    assert found == (ErrorCode.RECIPIENT_COUNT_EXCEEDED, "3 > 2")
    assert await recipients_of(world, letter) == set(had)


async def test_nobody_is_added_to_a_document_whose_body_is_gone(world: World) -> None:
    letter = await letter_to(world, MINISTRY)
    await take(world, letter, MINISTRY)
    world.clock.move(hours=20)
    async for _ in purge_bodies(world.services, Purging(policy=SOON)):
        pass
    found = await refusal(world, adding(world, FAR_COMMUNE))
    assert found == (ErrorCode.PAYLOAD_PURGED, letter.envelope_id)
    assert await recipients_of(world, letter) == {MINISTRY}
