"""A successor answers what is asked of an agency that is closed by now."""

import pytest

from exchange.domain.records import Envelope
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    Organisation,
    Receiver,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import BusinessType, DeliveryState, Reach, StatusCode, Step
from tests.support.conversations import (
    SYSTEMS,
    arrived,
    delivery,
    merge,
    recall,
    recall_by_document,
    recalling,
    sent_to,
    states,
    status_message,
    step_of,
    take,
)
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
)

AGREED, DECLINED = StatusCode.AGREED, StatusCode.DECLINED
RECALLED = DeliveryState.RECALLED


@pytest.fixture
async def world() -> World:
    return await make_world()


async def answer(
    world: World,
    envelope: Envelope,
    code: StatusCode = AGREED,
    *,
    agency: OrganId | None = None,
) -> RecordedStatus:
    """The province answers, maybe for an agency it names."""
    message = status_message(world, code, document_id=None)
    command = ReportStatus(
        submission=await world.submission(message, system_id=SYSTEMS[PROVINCE]),
        envelope_id=envelope.envelope_id,
        agency=agency,
    )
    return await report_status(world.services, command)


async def refusal(
    world: World, envelope: Envelope, *, agency: OrganId | None = None
) -> CodedError:
    with pytest.raises(CodedError) as caught:
        await answer(world, envelope, agency=agency)
    return caught.value


async def taken_by(world: World, *agencies: OrganId) -> Envelope:
    """A letter that all of them took; then all are merged into the province."""
    letter = await sent_to(world, *agencies)
    for one in agencies:
        await take(world, letter, one)
    for one in set(agencies) - {PROVINCE}:
        await merge(world, one, PROVINCE)
    return letter


@pytest.mark.parametrize("agency", [None, FAR_COMMUNE], ids=["unnamed", "named"])
@pytest.mark.parametrize("form", ["status", "closed", "successor"])
async def test_successor_answers_a_recall_at_the_id_of_the_request(
    world: World, form: str, agency: OrganId | None
) -> None:
    letter = await taken_by(world, FAR_COMMUNE)
    if form == "status":
        await recall(world, letter, about=FAR_COMMUNE)
    else:
        named = FAR_COMMUNE if form == "closed" else PROVINCE
        await recall_by_document(world, to=(named,))
    request = (await arrived(world, PROVINCE))[-1]
    recorded = await answer(world, request, agency=agency)
    receipt = step_of(recorded.content)
    assert (receipt.step, receipt.recipient) == (Step.AGREED, FAR_COMMUNE)
    assert (receipt.envelope_id, receipt.reach) == (letter.envelope_id, Reach.OPENED)
    assert receipt.request_envelope_id == request.envelope_id
    assert await states(world, letter) == {FAR_COMMUNE: RECALLED}
    world.clock.move(hours=1)
    for place in (request, letter):
        for who in (None, FAR_COMMUNE):
            again = await answer(world, place, agency=who)
            assert (again.content, again.repeated) == (recorded.content, True)


async def test_answer_given_cannot_be_turned_by_the_successor(world: World) -> None:
    letter = await taken_by(world, FAR_COMMUNE, MINISTRY)
    await recall_by_document(world, to=(PROVINCE,))
    request = (await arrived(world, PROVINCE))[-1]
    await answer(world, request, DECLINED)
    error = await refusal(world, request)
    assert error.code is ErrorCode.STATUS_NOT_ALLOWED
    assert RECALLED not in (await states(world, letter)).values()


async def test_successor_of_two_answers_for_each_of_them(world: World) -> None:
    letter = await taken_by(world, FAR_COMMUNE, MINISTRY)
    await recall_by_document(world, to=(PROVINCE,))
    request = (await arrived(world, PROVINCE))[-1]
    first, second = sorted((FAR_COMMUNE, MINISTRY))
    one = await answer(world, request)
    assert step_of(one.content).recipient == first
    other = await answer(world, request, DECLINED, agency=second)
    assert step_of(other.content).recipient == second
    assert (await states(world, letter))[first] is RECALLED
    assert (await states(world, letter))[second] is not RECALLED


async def test_successor_that_was_asked_itself_answers_for_itself_first(
    world: World,
) -> None:
    letter = await taken_by(world, PROVINCE, FAR_COMMUNE)
    await recall(world, letter)
    request = (await arrived(world, PROVINCE))[-1]
    own = await answer(world, request)
    assert step_of(own.content).recipient == PROVINCE
    assert (await states(world, letter))[FAR_COMMUNE] is not RECALLED
    other = await answer(world, request, agency=FAR_COMMUNE)
    assert step_of(other.content).recipient == FAR_COMMUNE
    assert (await states(world, letter))[FAR_COMMUNE] is RECALLED


@pytest.mark.parametrize("form", ["status", "document"])
@pytest.mark.parametrize("other", [PROVINCE, MINISTRY], ids=["itself", "first by code"])
async def test_successor_answers_at_the_document_for_who_alone_is_asked(
    world: World, other: OrganId, form: str
) -> None:
    letter = await taken_by(world, FAR_COMMUNE, other)
    if form == "status":
        await recall(world, letter, about=FAR_COMMUNE)
    else:
        await recall_by_document(world, to=(FAR_COMMUNE,))
    recorded = await answer(world, letter)
    assert step_of(recorded.content).recipient == FAR_COMMUNE
    assert (await states(world, letter))[FAR_COMMUNE] is RECALLED
    assert (await states(world, letter))[other] is not RECALLED
    world.clock.move(hours=1)
    again = await answer(world, letter)
    assert (again.content, again.repeated) == (recorded.content, True)
    assert (await refusal(world, letter, agency=other)).code is (
        ErrorCode.STATUS_NOT_ALLOWED
    )


async def test_successor_that_answered_is_heard_at_the_document_for_who_still_waits(
    world: World,
) -> None:
    letter = await taken_by(world, FAR_COMMUNE, PROVINCE)
    await recall(world, letter, about=PROVINCE)
    own = await answer(world, letter, DECLINED)
    assert step_of(own.content).recipient == PROVINCE
    await recall(world, letter, about=FAR_COMMUNE)
    world.clock.move(hours=1)
    other = await answer(world, letter)
    assert step_of(other.content).recipient == FAR_COMMUNE
    assert (await states(world, letter))[FAR_COMMUNE] is RECALLED
    assert (await states(world, letter))[PROVINCE] is not RECALLED


@pytest.mark.parametrize("place", ["document", "request"])
async def test_successor_that_lost_its_own_at_once_answers_for_the_closed_agency(
    world: World, place: str
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, PROVINCE)
    await take(world, letter, FAR_COMMUNE)
    await merge(world, FAR_COMMUNE, PROVINCE)
    accepted = await recall_by_document(world, to=(FAR_COMMUNE, PROVINCE))
    request = accepted.envelope
    assert (await states(world, letter))[PROVINCE] is RECALLED
    recorded = await answer(world, letter if place == "document" else request)
    assert step_of(recorded.content).recipient == FAR_COMMUNE
    assert (await states(world, letter))[FAR_COMMUNE] is RECALLED


@pytest.mark.parametrize(
    ("agency", "code"),
    [
        (COMMUNE, ErrorCode.STATUS_ACTOR_WRONG),
        (MINISTRY, ErrorCode.STATUS_NOT_ALLOWED),
    ],
    ids=["not succeeded", "not asked"],
)
async def test_nobody_answers_for_who_was_not_asked(
    world: World, agency: OrganId, code: ErrorCode
) -> None:
    letter = await taken_by(world, FAR_COMMUNE)
    await merge(world, MINISTRY, PROVINCE)
    await recall(world, letter, about=FAR_COMMUNE)
    request = (await arrived(world, PROVINCE))[-1]
    assert (await refusal(world, request, agency=agency)).code is code
    assert (await delivery(world, letter, FAR_COMMUNE)).state is not RECALLED


async def test_reply_to_an_update_agrees_to_nothing_for_a_closed_agency(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await take(world, letter, FAR_COMMUNE)
    removed = Receiver(organ_id=FAR_COMMUNE, receiver_type=1)
    info = BusinessDocumentInfo(
        document_info=False, document_receiver=True, receivers=(removed,)
    )
    business = Business(
        business_type=BusinessType.UPDATE, document_id=DOCUMENT_ID, document_info=info
    )
    message = recalling(
        world,
        business,
        document_id=DocumentId("cap-nhat"),
        recipients=(Organisation(organ_id=PROVINCE),),
    )
    update = (await world.send(message)).envelope
    await world.deliver()
    await merge(world, FAR_COMMUNE, PROVINCE)
    receipt = step_of((await answer(world, update)).content)
    assert (receipt.envelope_id, receipt.recipient) == (update.envelope_id, PROVINCE)
    assert (await delivery(world, letter, FAR_COMMUNE)).state is not RECALLED
    receipt = step_of((await answer(world, update, agency=FAR_COMMUNE)).content)
    assert (receipt.envelope_id, receipt.recipient) == (letter.envelope_id, FAR_COMMUNE)
    assert (await delivery(world, letter, FAR_COMMUNE)).state is RECALLED
