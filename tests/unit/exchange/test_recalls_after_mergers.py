"""A document is asked back after its sender, or a recipient, was closed."""

from dataclasses import replace

import pytest

from clients.messages import prepare_document
from exchange.domain.records import Envelope
from exchange.http import wire
from exchange.settings.addressing import AddressingSettings
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from exchange.usecases.request_recall import RequestRecall, request_recall
from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    Organisation,
    Receiver,
    ReplacementInfo,
    ResponseFor,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import (
    BusinessType,
    DeliveryState,
    Level,
    LinkKind,
    StatusCode,
    Step,
)
from tests.support.conversations import (
    SYSTEMS,
    add_recipient,
    arrived,
    delivery,
    key_of,
    merge,
    recall,
    recall_by_document,
    receipts,
    report,
    sent_to,
    states,
    step_of,
    take,
    trace,
)
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    agency,
    edxml_document,
    make_world,
)

RECALL, UPDATE = BusinessType.RECALL, BusinessType.UPDATE


@pytest.fixture
async def world() -> World:
    return await make_world()


async def document_of(world: World, sender: OrganId, **changes: object) -> Envelope:
    document = edxml_document(
        sender=Organisation(organ_id=sender),
        document_id=changes.pop("document_id", DocumentId("thu-2")),
        **changes,
    )
    message = prepare_document(
        document, (), credential=key_of(world, sender), at=world.clock.now
    )
    accepted = await world.send(message, system_id=SYSTEMS[sender])
    await world.deliver()
    return accepted.envelope


# The recipient is closed


@pytest.mark.parametrize(
    "named",
    [(FAR_COMMUNE,), (PROVINCE,), (FAR_COMMUNE, PROVINCE)],
    ids=["closed", "successor", "both"],
)
async def test_document_recalls_what_a_closed_agency_got(
    world: World, named: tuple[OrganId, ...]
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    accepted = await recall_by_document(world, to=named)
    assert await states(world, letter) == {
        FAR_COMMUNE: DeliveryState.RECALLED,
        MINISTRY: DeliveryState.AVAILABLE,
    }
    page = await read_inbox(
        world.services,
        ReadInbox(caller=await world.caller("qlvb-h99"), agency=PROVINCE),
    )
    item = wire.inbox_item(page.items[-1])
    assert item["id"] == accepted.envelope.envelope_id
    assert item["links"] == [
        {
            "kind": LinkKind.RECALLS,
            "id": letter.envelope_id,
            "document_id": DOCUMENT_ID,
        }
    ]


async def test_recall_of_one_closed_agency_leaves_the_others_of_its_successor(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY, PROVINCE)
    await merge(world, FAR_COMMUNE, PROVINCE)
    await merge(world, MINISTRY, PROVINCE)
    await recall_by_document(world, to=(FAR_COMMUNE,))
    assert await states(world, letter) == {
        FAR_COMMUNE: DeliveryState.RECALLED,
        MINISTRY: DeliveryState.AVAILABLE,
        PROVINCE: DeliveryState.AVAILABLE,
    }


async def test_recall_from_a_successor_reaches_all_it_succeeded_and_no_others(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    await merge(world, MINISTRY, PROVINCE)
    await recall_by_document(world, to=(PROVINCE,))
    assert set((await states(world, letter)).values()) == {DeliveryState.RECALLED}


async def test_status_recalls_what_a_closed_agency_got_from_its_successor(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    recorded = await recall(world, letter, about=PROVINCE)
    assert step_of(recorded.content).recipient == FAR_COMMUNE
    assert await states(world, letter) == {
        FAR_COMMUNE: DeliveryState.RECALLED,
        MINISTRY: DeliveryState.AVAILABLE,
    }


async def test_status_names_the_one_of_several_that_its_successor_took_over(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    await merge(world, MINISTRY, PROVINCE)
    with pytest.raises(CodedError) as caught:
        await recall(world, letter, about=PROVINCE)
    assert caught.value.code is ErrorCode.NOT_A_RECIPIENT
    await recall(world, letter, about=FAR_COMMUNE)
    assert (await states(world, letter))[MINISTRY] is DeliveryState.AVAILABLE


async def ask_back(world: World, letter: Envelope, named: OrganId, form: str) -> None:
    if form == "status":
        await recall(world, letter, about=named)
    else:
        await recall_by_document(world, to=(named,))


BOTH_FORMS = pytest.mark.parametrize("form", ["status", "document"])


@BOTH_FORMS
@pytest.mark.parametrize("named", [FAR_COMMUNE, PROVINCE], ids=["closed", "successor"])
async def test_either_form_recalls_what_a_successor_got_for_a_closed_agency(
    world: World, named: OrganId, form: str
) -> None:
    await merge(world, FAR_COMMUNE, PROVINCE)
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await ask_back(world, letter, named, form)
    assert await states(world, letter) == {
        FAR_COMMUNE: DeliveryState.REDIRECTED,
        PROVINCE: DeliveryState.RECALLED,
        MINISTRY: DeliveryState.AVAILABLE,
    }


@BOTH_FORMS
@pytest.mark.parametrize("named", [FAR_COMMUNE, MINISTRY], ids=["closed", "reached"])
async def test_recall_means_who_was_reached_in_the_stead_of_a_closed_agency_then(
    world: World, named: OrganId, form: str
) -> None:
    await merge(world, FAR_COMMUNE, MINISTRY)
    letter = await sent_to(world, FAR_COMMUNE, PROVINCE)
    await merge(world, MINISTRY, PROVINCE)
    await ask_back(world, letter, named, form)
    assert await states(world, letter) == {
        FAR_COMMUNE: DeliveryState.REDIRECTED,
        MINISTRY: DeliveryState.RECALLED,
        PROVINCE: DeliveryState.AVAILABLE,
    }


@BOTH_FORMS
async def test_last_of_a_chain_answers_a_recall_that_names_the_first(
    world: World, form: str
) -> None:
    await merge(world, FAR_COMMUNE, MINISTRY)
    letter = await sent_to(world, FAR_COMMUNE)
    await take(world, letter, MINISTRY)
    await merge(world, MINISTRY, PROVINCE)
    await ask_back(world, letter, FAR_COMMUNE, form)
    request = (await arrived(world, PROVINCE))[-1]
    recorded = await report(world, request, StatusCode.AGREED)
    assert step_of(recorded.content).recipient == MINISTRY
    assert (await states(world, letter))[MINISTRY] is DeliveryState.RECALLED


@BOTH_FORMS
@pytest.mark.parametrize("is_merged", [False, True], ids=["open", "merged"])
async def test_recall_names_the_closed_agency_that_an_update_added(
    world: World, *, is_merged: bool, form: str
) -> None:
    await merge(world, FAR_COMMUNE, MINISTRY)
    letter = await sent_to(world, PROVINCE)
    await add_recipient(world, FAR_COMMUNE)
    if is_merged:
        await merge(world, MINISTRY, PROVINCE)
    await ask_back(world, letter, FAR_COMMUNE, form)
    assert await states(world, letter) == {
        MINISTRY: DeliveryState.RECALLED,
        PROVINCE: DeliveryState.AVAILABLE,
    }


@BOTH_FORMS
async def test_recall_names_the_agency_without_a_system_whose_parent_was_reached(
    world: World, form: str
) -> None:
    row = agency("H99.160", "Xã chưa kết nối", Level.COMMUNE, PROVINCE)
    await import_agencies(world.services, ImportAgencies(agencies=[row], operator="t"))
    falling = AddressingSettings(parent_fallback=True)
    world = replace(world, services=replace(world.services, addressing=falling))
    letter = await sent_to(world, row.code, MINISTRY)
    await ask_back(world, letter, row.code, form)
    assert await states(world, letter) == {
        row.code: DeliveryState.REDIRECTED,
        PROVINCE: DeliveryState.RECALLED,
        MINISTRY: DeliveryState.AVAILABLE,
    }


async def test_recall_from_an_agency_whose_predecessors_never_got_it_is_refused(
    world: World,
) -> None:
    letter = await sent_to(world, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    for named in (FAR_COMMUNE, PROVINCE):
        with pytest.raises(CodedError) as caught:
            await recall_by_document(world, to=(named, MINISTRY), number=named)
        assert (caught.value.code, caught.value.place) == (
            ErrorCode.NOT_A_RECIPIENT,
            named,
        )
    assert await states(world, letter) == {MINISTRY: DeliveryState.AVAILABLE}


# The sender is closed


async def test_successor_of_the_sender_recalls_by_document(world: World) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    await merge(world, COMMUNE, FAR_COMMUNE)
    business = Business(business_type=RECALL, document_id=DOCUMENT_ID)
    await document_of(world, FAR_COMMUNE, business=business)
    assert set((await states(world, letter)).values()) == {DeliveryState.RECALLED}


async def test_its_own_document_comes_before_one_of_whom_it_succeeded(
    world: World,
) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    await merge(world, COMMUNE, FAR_COMMUNE)
    own = await document_of(world, FAR_COMMUNE, document_id=DOCUMENT_ID)
    business = Business(business_type=RECALL, document_id=DOCUMENT_ID)
    await document_of(world, FAR_COMMUNE, business=business)
    assert set((await states(world, own)).values()) == {DeliveryState.RECALLED}
    assert set((await states(world, letter)).values()) == {DeliveryState.AVAILABLE}


async def recalled_by(world: World, agency: OrganId, **changes: object) -> Envelope:
    """An agency asks back what was sent under the id of the letter."""
    business = Business(business_type=RECALL, document_id=DOCUMENT_ID)
    return await document_of(world, agency, business=business, **changes)


async def updated_by(world: World, agency: OrganId, **changes: object) -> Envelope:
    """An agency updates the letter under the letter's own id."""
    business = Business(business_type=UPDATE, reason="Đính chính")
    changes = {"document_id": DOCUMENT_ID, "business": business, **changes}
    return await document_of(world, agency, **changes)


async def test_update_by_a_successor_does_not_hide_the_letter_from_its_recall(
    world: World,
) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    await merge(world, COMMUNE, FAR_COMMUNE)
    updates = [await updated_by(world, FAR_COMMUNE) for _ in range(2)]
    request = await recalled_by(world, FAR_COMMUNE)
    about = [letter, *updates]
    assert [one.envelope_id for one in request.links] == [
        one.envelope_id for one in about
    ]
    for one in about:
        assert set((await states(world, one)).values()) == {DeliveryState.RECALLED}


async def test_successor_adds_a_recipient_to_a_letter_it_updated(world: World) -> None:
    letter = await sent_to(world, PROVINCE)
    await merge(world, COMMUNE, FAR_COMMUNE)
    recipients = (Organisation(organ_id=PROVINCE),)
    await updated_by(world, FAR_COMMUNE, recipients=recipients)
    added = Receiver(organ_id=MINISTRY, receiver_type=0)
    info = BusinessDocumentInfo(document_receiver=True, receivers=(added,))
    business = Business(
        business_type=UPDATE, document_id=DOCUMENT_ID, document_info=info
    )
    await document_of(world, FAR_COMMUNE, business=business, recipients=recipients)
    assert set(await states(world, letter)) == {PROVINCE, MINISTRY}


@pytest.mark.parametrize(
    ("middle", "last", "recipient"),
    [(MINISTRY, FAR_COMMUNE, PROVINCE), (FAR_COMMUNE, PROVINCE, MINISTRY)],
    ids=["updater first by code", "sender first by code"],
)
async def test_last_of_a_chain_recalls_the_letter_with_its_updates(
    world: World, middle: OrganId, last: OrganId, recipient: OrganId
) -> None:
    letter = await sent_to(world, recipient)
    recipients = (Organisation(organ_id=recipient),)
    await merge(world, COMMUNE, middle)
    update = await updated_by(world, middle, recipients=recipients)
    await merge(world, middle, last)
    await recalled_by(world, last, recipients=recipients)
    for one in (letter, update):
        assert await states(world, one) == {recipient: DeliveryState.RECALLED}


async def test_update_under_a_number_begun_anew_is_not_that_of_the_closed_agency(
    world: World,
) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    own = await document_of(world, FAR_COMMUNE, document_id=DocumentId("rieng"))
    await merge(world, COMMUNE, FAR_COMMUNE)
    business = Business(business_type=UPDATE, document_id=DocumentId("rieng"))
    update = await updated_by(world, FAR_COMMUNE, business=business)
    await recalled_by(world, FAR_COMMUNE)
    assert set((await states(world, update)).values()) == {DeliveryState.RECALLED}
    for one in (letter, own):
        assert set((await states(world, one)).values()) == {DeliveryState.AVAILABLE}


async def test_letter_under_a_number_begun_anew_is_recalled_alone(world: World) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    await merge(world, COMMUNE, FAR_COMMUNE)
    await updated_by(world, FAR_COMMUNE)
    own = await document_of(world, FAR_COMMUNE, document_id=DOCUMENT_ID)
    await recalled_by(world, FAR_COMMUNE)
    assert set((await states(world, own)).values()) == {DeliveryState.RECALLED}
    assert set((await states(world, letter)).values()) == {DeliveryState.AVAILABLE}


@pytest.mark.parametrize("kind", [UPDATE, BusinessType.REPLACE])
async def test_successor_of_the_sender_updates_and_replaces(
    world: World, kind: BusinessType
) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    await merge(world, COMMUNE, FAR_COMMUNE)
    business = Business(business_type=kind, document_id=DOCUMENT_ID)
    if kind is BusinessType.REPLACE:
        replaced = ReplacementInfo(document_id=DOCUMENT_ID)
        business = Business(business_type=kind, replacements=(replaced,))
    changed = await document_of(world, FAR_COMMUNE, business=business)
    assert [one.envelope_id for one in changed.links] == [letter.envelope_id]


async def test_who_did_not_succeed_the_sender_recalls_nothing(world: World) -> None:
    letter = await sent_to(world, PROVINCE)
    await merge(world, COMMUNE, PROVINCE)
    business = Business(business_type=RECALL, document_id=DOCUMENT_ID)
    recipients = (Organisation(organ_id=PROVINCE),)
    with pytest.raises(CodedError) as caught:
        await document_of(world, FAR_COMMUNE, business=business, recipients=recipients)
    assert caught.value.code is ErrorCode.EARLIER_DOCUMENT_UNKNOWN
    assert await states(world, letter) == {PROVINCE: DeliveryState.AVAILABLE}


async def test_successor_of_the_sender_recalls_in_words(world: World) -> None:
    letter = await sent_to(world, PROVINCE, MINISTRY)
    await take(world, letter)
    await merge(world, COMMUNE, FAR_COMMUNE)
    command = RequestRecall(
        caller=await world.caller(SYSTEMS[FAR_COMMUNE]),
        envelope_id=letter.envelope_id,
        reason="Sai thẩm quyền",
    )
    recorded = await request_recall(world.services, command)
    assert step_of(recorded.content).step is Step.RECALL_REQUESTED
    assert (await delivery(world, letter)).recall is not None
    assert (await states(world, letter))[MINISTRY] is DeliveryState.RECALLED
    before = await receipts(world, letter)
    again = await request_recall(world.services, command)
    assert (again.content, again.repeated) == (recorded.content, True)
    assert await receipts(world, letter) == before


# Replies


@pytest.mark.parametrize("named", [COMMUNE, FAR_COMMUNE], ids=["closed", "successor"])
async def test_reply_ties_successors_of_both_parties(
    world: World, named: OrganId
) -> None:
    letter = await sent_to(world, MINISTRY)
    await merge(world, MINISTRY, PROVINCE)
    await merge(world, COMMUNE, FAR_COMMUNE)
    reply = await document_of(
        world,
        PROVINCE,
        recipients=(Organisation(organ_id=named),),
        code=DocumentCode("9", "UBND-VX"),
        response_for=(ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID),),
    )
    (link,) = reply.links
    assert (link.kind, link.envelope_id) == (LinkKind.ANSWERS, letter.envelope_id)
    assert link.is_shown_to({FAR_COMMUNE}, of=reply.recipients)
    (later,) = (await trace(world, letter, PROVINCE)).later
    assert later.envelope == reply
