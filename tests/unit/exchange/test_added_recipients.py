"""Recipients whom an update adds: the rules of `To` hold, and they become parties.

They are in no list of recipients that was accepted: their deliveries tell of them.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.messages import Message, prepare_document
from exchange.domain.agency_orders import Close, Merge
from exchange.domain.records import Envelope, Redirect
from exchange.domain.retention import RetentionPolicy
from exchange.http import wire
from exchange.settings.addressing import AddressingSettings
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.purge_bodies import Purging, purge_bodies
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from schemas.edxml.document import (
    Business,
    Organisation,
    ReplacementInfo,
    ResponseFor,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.vocabulary import (
    BusinessType,
    DeliveryState,
    Level,
    LinkKind,
    RedirectReason,
    Step,
)
from tests.support.conversations import (
    SYSTEMS,
    add_recipient,
    arrived,
    delivery,
    ordered,
    recall_by_document,
    recalling,
    receipts,
    step_of,
    take,
    trace,
    update,
)
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MERGED,
    MINISTRY,
    PROVINCE,
    World,
    agency,
    edxml_document,
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


async def added_to(world: World, letter: Envelope, recipient: OrganId) -> Envelope:
    """An update of a letter by which it gets one recipient more."""
    accepted = await world.send(adding(world, recipient))
    await world.deliver()
    assert recipient in await recipients_of(world, letter)
    return accepted.envelope


async def ties_shown(
    world: World, later: Envelope, agency: OrganId
) -> list[tuple[LinkKind, EnvelopeId | None]]:
    """The ties of a document that an agency sees, in its inbox as in the trace."""
    shown = await trace(world, later, agency)
    command = ReadInbox(caller=await world.caller(SYSTEMS[agency]), agency=agency)
    page = await read_inbox(world.services, command)
    (item,) = (one for one in page.items if one.envelope == later)
    assert wire.inbox_item(item)["links"] == wire.trace(shown)["links"]
    return [(one.kind, one.envelope_id) for one in shown.links]


async def kinds_later(
    world: World, letter: Envelope, agency: OrganId
) -> list[LinkKind]:
    found = await trace(world, letter, agency)
    return [one.link.kind for one in found.later]


async def test_added_recipient_sees_what_a_recall_asks_back(world: World) -> None:
    letter = await letter_to(world, MINISTRY)
    await added_to(world, letter, FAR_COMMUNE)
    await take(world, letter, FAR_COMMUNE)
    asked = (await recall_by_document(world, to=(MINISTRY, FAR_COMMUNE))).envelope
    tie = (LinkKind.RECALLS, letter.envelope_id)
    assert await ties_shown(world, asked, FAR_COMMUNE) == [tie]
    assert await kinds_later(world, letter, FAR_COMMUNE) == [
        LinkKind.UPDATES,
        LinkKind.RECALLS,
    ]


async def test_added_recipient_sees_later_updates_of_what_it_got(world: World) -> None:
    letter = await letter_to(world, MINISTRY)
    await added_to(world, letter, FAR_COMMUNE)
    message = update(
        world, recipients=to(MINISTRY, FAR_COMMUNE), document_id=DocumentId("lan-2")
    )
    again = (await world.send(message)).envelope
    await world.deliver()
    tie = (LinkKind.UPDATES, letter.envelope_id)
    assert tie in await ties_shown(world, again, FAR_COMMUNE)


async def test_added_recipient_hears_nothing_of_documents_it_is_no_party_of(
    world: World,
) -> None:
    earlier = DocumentId("cũ")
    only_province = (Organisation(organ_id=PROVINCE),)
    await world.send(world.document(document_id=earlier, recipients=only_province))
    info = ReplacementInfo(document_id=earlier)
    business = Business(business_type=BusinessType.REPLACE, replacements=(info,))
    message = recalling(world, business, recipients=only_province)
    letter = (await world.send(message)).envelope
    await world.deliver()
    await add_recipient(world, FAR_COMMUNE)

    assert (await trace(world, letter, FAR_COMMUNE)).links == ()
    assert len((await trace(world, letter, PROVINCE)).links) == 1
    caller = await world.caller(SYSTEMS[FAR_COMMUNE])
    page = await read_inbox(
        world.services, ReadInbox(caller=caller, agency=FAR_COMMUNE)
    )
    (item,) = (one for one in page.items if one.envelope == letter)
    assert wire.inbox_item(item)["links"] == []


async def test_added_recipient_sees_what_replaces_its_document(world: World) -> None:
    letter = await letter_to(world, MINISTRY)
    await added_to(world, letter, FAR_COMMUNE)
    info = ReplacementInfo(document_id=DOCUMENT_ID)
    business = Business(business_type=BusinessType.REPLACE, replacements=(info,))
    message = recalling(
        world,
        business,
        recipients=to(FAR_COMMUNE),
        document_id=DocumentId("thay"),
    )
    new = (await world.send(message)).envelope
    await world.deliver()
    tie = (LinkKind.REPLACES, letter.envelope_id)
    assert tie in await ties_shown(world, new, FAR_COMMUNE)


async def test_added_recipient_sees_an_answer_to_what_it_got(world: World) -> None:
    letter = await letter_to(world, MINISTRY)
    await added_to(world, letter, FAR_COMMUNE)
    document = edxml_document(
        sender=Organisation(organ_id=MINISTRY),
        recipients=to(COMMUNE, FAR_COMMUNE),
        document_id=DocumentId("tra-loi"),
        response_for=(ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID),),
    )
    message = prepare_document(
        document, (), credential=world.ministry, at=world.clock.now
    )
    answer = (await world.send(message, system_id="qlvb-g22")).envelope
    await world.deliver()
    tie = (LinkKind.ANSWERS, letter.envelope_id)
    assert await ties_shown(world, answer, FAR_COMMUNE) == [tie]


async def test_added_recipient_learns_of_no_sending_but_its_own(world: World) -> None:
    first = await letter_to(world, MINISTRY)
    world.clock.move(minutes=1)
    second = await letter_to(world, MINISTRY)
    changed = await added_to(world, second, FAR_COMMUNE)
    assert await ties_shown(world, changed, FAR_COMMUNE) == [
        (LinkKind.UPDATES, second.envelope_id)
    ]
    assert (LinkKind.UPDATES, first.envelope_id) in await ties_shown(
        world, changed, MINISTRY
    )


async def test_superior_of_all_but_an_added_recipient_oversees_nothing(
    world: World,
) -> None:
    letter = await letter_to(world, FAR_COMMUNE)
    assert (await trace(world, letter, PROVINCE)).deliveries
    await added_to(world, letter, MINISTRY)
    with pytest.raises(CodedError) as caught:
        await trace(world, letter, PROVINCE)
    assert caught.value.code is ErrorCode.ENVELOPE_NOT_FOUND


async def test_superior_that_got_the_letter_itself_sees_no_stranger_that_was_added(
    world: World,
) -> None:
    letter = await letter_to(world, PROVINCE, FAR_COMMUNE)
    assert len((await trace(world, letter, PROVINCE)).deliveries) == 2
    await added_to(world, letter, MINISTRY)
    shown = (await trace(world, letter, PROVINCE)).deliveries
    assert [one.recipient for one in shown] == [PROVINCE]


async def test_superior_that_alone_got_the_letter_sees_its_own_that_was_added(
    world: World,
) -> None:
    letter = await letter_to(world, PROVINCE)
    await added_to(world, letter, FAR_COMMUNE)
    shown = (await trace(world, letter, PROVINCE)).deliveries
    assert {one.recipient for one in shown} == {PROVINCE, FAR_COMMUNE}
