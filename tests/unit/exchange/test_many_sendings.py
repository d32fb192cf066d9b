"""Requests and replies about a document that was sent in many envelopes.

Systems in the field send one envelope for each recipient, under one DocumentId.
"""

import pytest

from clients.messages import prepare_document
from exchange.domain.records import Envelope
from schemas.edxml.document import (
    Business,
    Organisation,
    ReplacementInfo,
    ResponseFor,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import BusinessType, LinkKind, StatusCode
from tests.support.conversations import (
    SYSTEMS,
    add_recipient,
    key_of,
    merge,
    read,
    recall_by_document,
    recalling,
    report,
    sent_to,
    trace,
    update,
)
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    edxml_document,
    make_world,
)

MANY = 21


@pytest.fixture
async def world() -> World:
    return await make_world()


def to(*agencies: OrganId) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=one) for one in agencies)


async def sent_often(world: World, agency: OrganId, times: int = MANY) -> Envelope:
    """The letter in so many envelopes for one agency; the last of them."""
    sendings = []
    for _ in range(times):
        world.clock.move(minutes=1)
        sendings.append(await sent_to(world, agency))
    world.clock.move(minutes=1)
    return sendings[-1]


async def is_closed(world: World, envelope: Envelope, agency: OrganId) -> bool:
    try:
        await read(world, envelope, agency)
    except CodedError as error:
        return error.code is ErrorCode.DOCUMENT_RECALLED
    return False


async def test_recall_reaches_the_recipient_of_a_late_envelope(world: World) -> None:
    await sent_often(world, PROVINCE)
    last = await sent_often(world, FAR_COMMUNE, 1)
    await recall_by_document(world, to=(FAR_COMMUNE,))
    assert await is_closed(world, last, FAR_COMMUNE)


async def test_recall_leaves_no_late_envelope_readable(world: World) -> None:
    last = await sent_often(world, PROVINCE)
    await recall_by_document(world, to=(PROVINCE,))
    assert await is_closed(world, last, PROVINCE)


async def test_recall_reaches_who_was_added_to_a_late_envelope(world: World) -> None:
    last = await sent_often(world, PROVINCE)
    await add_recipient(world, FAR_COMMUNE)
    assert await read(world, last, FAR_COMMUNE)
    await recall_by_document(world, to=(FAR_COMMUNE,))
    assert await is_closed(world, last, FAR_COMMUNE)


async def test_recall_from_a_successor_reaches_a_late_envelope(world: World) -> None:
    await sent_often(world, MINISTRY)
    last = await sent_often(world, FAR_COMMUNE, 1)
    await merge(world, FAR_COMMUNE, PROVINCE)
    await recall_by_document(world, to=(PROVINCE,))
    assert await is_closed(world, last, PROVINCE)


async def test_update_removes_the_recipient_of_a_late_envelope(world: World) -> None:
    await sent_often(world, MINISTRY)
    last = await sent_often(world, FAR_COMMUNE, 1)
    await world.send(update(world, (FAR_COMMUNE, 1), recipients=to(MINISTRY)))
    assert await is_closed(world, last, FAR_COMMUNE)


async def test_recalls_under_the_id_of_the_letter_hide_no_sending(world: World) -> None:
    for number in range(MANY):
        last = await sent_often(world, PROVINCE, 1)
        request = recalling(
            world,
            Business(business_type=BusinessType.RECALL, reason=f"Lần {number}"),
            recipients=to(PROVINCE),
        )
        await world.send(request)
        assert await is_closed(world, last, PROVINCE)


async def test_more_sendings_than_one_request_may_be_about_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent_often(world, PROVINCE, MANY + 1)
    monkeypatch.setattr("exchange.usecases.relating.MOST_SENDINGS", MANY)
    with pytest.raises(CodedError) as caught:
        await recall_by_document(world, to=(PROVINCE,))
    assert caught.value.code is ErrorCode.XML_LIMIT_EXCEEDED


async def test_replacement_is_tied_to_a_late_envelope(world: World) -> None:
    await sent_often(world, PROVINCE)
    last = await sent_often(world, FAR_COMMUNE, 1)
    info = ReplacementInfo(document_id=DOCUMENT_ID)
    business = Business(business_type=BusinessType.REPLACE, replacements=(info,))
    new = DocumentId("thay-the")
    message = recalling(world, business, document_id=new, recipients=to(FAR_COMMUNE))
    await world.send(message)
    (later,) = (await trace(world, last, FAR_COMMUNE)).later
    assert later.link.kind is LinkKind.REPLACES


async def test_reply_is_tied_to_the_late_envelope_that_reached_its_sender(
    world: World,
) -> None:
    await sent_often(world, PROVINCE)
    last = await sent_often(world, MINISTRY, 1)
    reply = edxml_document(
        sender=Organisation(organ_id=MINISTRY),
        recipients=to(COMMUNE),
        document_id=DocumentId("tra-loi"),
        response_for=(ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID),),
    )
    message = prepare_document(
        reply, (), credential=key_of(world, MINISTRY), at=world.clock.now
    )
    await world.send(message, system_id=SYSTEMS[MINISTRY])
    (later,) = (await trace(world, last, COMMUNE)).later
    assert later.link.kind is LinkKind.ANSWERS


async def test_who_refused_its_envelope_is_told_so_whoever_has_another(
    world: World,
) -> None:
    first = await sent_often(world, PROVINCE, 1)
    await sent_often(world, MINISTRY, 1)
    await report(world, first, StatusCode.REFUSED)
    with pytest.raises(CodedError) as caught:
        await recall_by_document(world, to=(PROVINCE,))
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.RECALL_NOT_ALLOWED,
        "02 → 13",
    )
