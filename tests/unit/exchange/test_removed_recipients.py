"""Recipients whom an update removes lose the document, with every sending of it.

Systems in the field send a document again, or in one envelope for each recipient.
"""

import pytest

from exchange.domain.records import Envelope
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from schemas.edxml.document import Organisation
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import DeliveryState, StatusCode
from tests.support.conversations import (
    SYSTEMS,
    add_recipient,
    arrived,
    delivery,
    merge,
    read,
    recall,
    report,
    sent_to,
    two_sendings,
    update,
)
from tests.support.world import (
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
)

CONTRADICTS = ErrorCode.RECIPIENT_CHANGE_CONTRADICTS


@pytest.fixture
async def world() -> World:
    return await make_world()


def to(*agencies: OrganId) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=one) for one in agencies)


async def removed(world: World, agency: OrganId) -> Envelope:
    """Update the letter for the ministry: one agency is to have it no more."""
    world.clock.move(minutes=1)
    message = update(world, (agency, 1), recipients=to(MINISTRY))
    return (await world.send(message)).envelope


async def closed(world: World, envelope: Envelope) -> bool:
    """Whether the province may not read, because it is asked back."""
    try:
        await read(world, envelope)
    except CodedError as error:
        return error.code is ErrorCode.DOCUMENT_RECALLED
    return False


async def one_each(world: World) -> tuple[Envelope, Envelope]:
    """One letter in two envelopes: for the province, and for the ministry."""
    first = await sent_to(world, PROVINCE)
    world.clock.move(minutes=1)
    return first, await sent_to(world, MINISTRY)


async def test_removed_recipient_loses_every_sending(world: World) -> None:
    sendings = await two_sendings(world)
    changed = await removed(world, PROVINCE)
    for one in sendings:
        assert await closed(world, one)
        assert await read(world, one, MINISTRY)
    await report(world, changed, StatusCode.AGREED)
    for one in sendings:
        assert (await delivery(world, one)).state is DeliveryState.RECALLED


async def test_removed_recipient_loses_updates_under_the_same_id(world: World) -> None:
    await sent_to(world, PROVINCE, MINISTRY)
    world.clock.move(minutes=1)
    message = update(world, document_id=DOCUMENT_ID, recipients=to(PROVINCE, MINISTRY))
    corrected = (await world.send(message)).envelope
    await world.deliver()
    assert await read(world, corrected)
    await removed(world, PROVINCE)
    assert await closed(world, corrected)
    assert await read(world, corrected, MINISTRY)


async def test_recipient_of_an_earlier_envelope_is_removed(world: World) -> None:
    first, second = await one_each(world)
    assert await read(world, first)
    changed = await removed(world, PROVINCE)
    assert await closed(world, first)
    assert await read(world, second, MINISTRY)
    assert changed in await arrived(world, PROVINCE)


async def test_recipient_of_an_earlier_envelope_is_not_added_once_more(
    world: World,
) -> None:
    await one_each(world)
    with pytest.raises(CodedError) as caught:
        await world.send(update(world, (PROVINCE, 0), recipients=to(MINISTRY)))
    assert (caught.value.code, caught.value.place) == (CONTRADICTS, PROVINCE)


@pytest.mark.parametrize("named", [PROVINCE, FAR_COMMUNE], ids=["heir", "closed"])
@pytest.mark.parametrize("closed_first", [True, False])
async def test_removal_means_whom_a_recall_would(
    world: World, *, named: OrganId, closed_first: bool
) -> None:
    if closed_first:
        await merge(world, FAR_COMMUNE, PROVINCE)
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    if not closed_first:
        await merge(world, FAR_COMMUNE, PROVINCE)
    assert await read(world, letter)
    changed = await removed(world, named)
    assert await closed(world, letter)
    assert await read(world, letter, MINISTRY)
    inbox = ReadInbox(caller=await world.caller(SYSTEMS[PROVINCE]), agency=None)
    await world.deliver()
    page = await read_inbox(world.services, inbox)
    assert changed in [one.envelope for one in page.items]


async def test_whoever_lost_an_earlier_envelope_is_added_to_the_next(
    world: World,
) -> None:
    first = await sent_to(world, PROVINCE)
    await recall(world, first)
    world.clock.move(minutes=1)
    second = await sent_to(world, MINISTRY)
    await add_recipient(world, PROVINCE)
    assert await read(world, second)


async def test_whoever_never_had_it_is_not_removed(world: World) -> None:
    await one_each(world)
    with pytest.raises(CodedError) as caught:
        await world.send(update(world, (FAR_COMMUNE, 1), recipients=to(MINISTRY)))
    assert (caught.value.code, caught.value.place) == (CONTRADICTS, FAR_COMMUNE)


async def test_update_under_another_id_stays(world: World) -> None:
    await sent_to(world, PROVINCE, MINISTRY)
    world.clock.move(minutes=1)
    other = update(world, document_id=DocumentId("sua"), recipients=to(PROVINCE))
    corrected = (await world.send(other)).envelope
    await world.deliver()
    await removed(world, PROVINCE)
    assert await read(world, corrected)
