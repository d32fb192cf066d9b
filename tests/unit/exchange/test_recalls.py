"""A recall from the request to its answer, whichever way it is asked for."""

import asyncio
from dataclasses import replace

import pytest

from clients.messages import prepare_status
from exchange.delivery.checking import check_envelope
from exchange.delivery.sequencer import Sequencer
from exchange.domain.links import Recall
from exchange.domain.records import Envelope
from exchange.usecases.register_system import RegisterSystem, register_system
from schemas.edxml.document import Organisation, ResponseFor
from schemas.edxml.status import EdxmlStatus
from schemas.errors import CodedError, ErrorCode
from schemas.vocabulary import (
    AuditEvent,
    DeliveryState,
    EnvelopeKind,
    Reach,
    StatusCode,
    Step,
)
from tests.support.conversations import (
    arrived,
    delivery,
    hand_in,
    read,
    recall,
    receipts,
    report,
    status_message,
    step_of,
    take,
    trace,
)
from tests.support.world import COMMUNE, MINISTRY, PROVINCE, World, make_world

AGREED, DECLINED = StatusCode.AGREED, StatusCode.DECLINED


@pytest.fixture
async def world() -> World:
    return await make_world()


@pytest.fixture
async def letter(world: World) -> Envelope:
    """A letter that has arrived at the province and the ministry."""
    return (await world.sent()).envelope


async def refused(world: World, envelope: Envelope) -> CodedError:
    with pytest.raises(CodedError) as caught:
        await read(world, envelope)
    return caught.value


async def test_who_never_opened_the_document_loses_it_at_once(
    world: World, letter: Envelope
) -> None:
    recorded = await recall(world, letter)
    request = step_of(recorded.content).status_envelope_id
    assert request is not None
    for agency in (PROVINCE, MINISTRY):
        found = await delivery(world, letter, agency)
        assert found.state is DeliveryState.RECALLED
        assert found.recall == Recall(request)
    error = await refused(world, letter)
    assert (error.code, error.place) == (ErrorCode.DOCUMENT_RECALLED, request)
    done = [one for one in await receipts(world, letter) if one.step is Step.RECALLED]
    for one in (step_of(kept.content) for kept in done):
        assert (one.reach, one.issuer) == (Reach.NOT_OPENED, "hub-1")
        assert one.request_envelope_id == request
        assert one.description == "Sai thẩm quyền"
    assert [one.recipient for one in done] == [MINISTRY, PROVINCE]


async def test_who_took_the_document_stops_reading_and_is_asked(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await recall(world, letter)
    found = await delivery(world, letter)
    assert found.state is DeliveryState.ACKNOWLEDGED
    assert (await refused(world, letter)).code is ErrorCode.DOCUMENT_RECALLED
    request = (await arrived(world, PROVINCE))[-1]
    assert (request.kind, request.status_of) == (
        EnvelopeKind.STATUS,
        letter.envelope_id,
    )
    first = (await arrived(world, PROVINCE))[0]
    assert (first.subject, first.envelope_id) == (letter.subject, letter.envelope_id)


async def test_reading_alone_counts_as_having_had_it(
    world: World, letter: Envelope
) -> None:
    await read(world, letter)
    assert (await delivery(world, letter)).opened
    await recall(world, letter)
    assert (await delivery(world, letter)).state is DeliveryState.AVAILABLE
    recorded = await report(world, letter, AGREED)
    assert step_of(recorded.content).reach is Reach.OPENED


async def test_agreement_ends_it_and_says_how_far_the_recipient_had_come(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await report(world, letter, StatusCode.FINISHED)
    await recall(world, letter, about=PROVINCE)
    recorded = await report(world, letter, AGREED, reason="Đã hủy bản lưu")
    receipt = step_of(recorded.content)
    assert (receipt.step, receipt.status_code) == (Step.AGREED, AGREED)
    assert receipt.reach is Reach.ACTED
    assert receipt.description == "Đã hủy bản lưu"
    assert (await delivery(world, letter)).state is DeliveryState.RECALLED
    assert (await refused(world, letter)).code is ErrorCode.DOCUMENT_RECALLED
    answer = (await arrived(world, COMMUNE))[-1]
    assert answer.status_of == letter.envelope_id
    assert await read(world, letter, COMMUNE)


async def test_declining_opens_the_document_again(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await recall(world, letter)
    await report(world, letter, DECLINED, reason="Đã ban hành quyết định")
    assert await read(world, letter)
    assert (await delivery(world, letter)).state is DeliveryState.ACKNOWLEDGED


async def test_document_may_be_asked_back_again_after_it_was_declined(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await recall(world, letter)
    first = await report(world, letter, DECLINED)
    world.clock.move(minutes=5)
    await recall(world, letter, about=PROVINCE)
    assert (await refused(world, letter)).code is ErrorCode.DOCUMENT_RECALLED
    second = await report(world, letter, DECLINED)
    assert second.content != first.content
    assert not second.repeated


async def test_document_that_is_not_checked_yet_never_appears(world: World) -> None:
    accepted = await world.send(world.document())
    await recall(world, accepted.envelope, about=PROVINCE)
    assert accepted.envelope not in await arrived(world, PROVINCE)
    assert accepted.envelope in await arrived(world, MINISTRY)
    waiting = await world.services.storage.envelopes.to_check(limit=9)
    assert waiting == []


async def test_document_recalled_during_its_check_is_not_delivered(
    world: World,
) -> None:
    accepted = await world.send(world.document())
    await recall(world, accepted.envelope)
    await check_envelope(world.services, accepted.envelope)
    await Sequencer(world.services, owner="test").sequence_waiting()
    state = (await delivery(world, accepted.envelope)).state
    assert state is DeliveryState.RECALLED
    steps = [one.step for one in await receipts(world, accepted.envelope)]
    assert set(steps) == {Step.RECALL_REQUESTED, Step.RECALLED}
    told = await world.services.storage.audit.lines(limit=99)
    assert AuditEvent.ENVELOPE_DELIVERED not in {one.event for one in told}


async def test_same_request_again_gives_the_same_bytes(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    message = status_message(
        world, StatusCode.RECALL_REQUESTED, COMMUNE, reason="Sai thẩm quyền"
    )
    first = await hand_in(world, letter, message, COMMUNE)
    stored = await receipts(world, letter)
    again = await hand_in(world, letter, message, COMMUNE)
    assert (again.content, again.repeated) == (first.content, True)
    world.clock.move(minutes=1)
    other = await recall(world, letter)
    assert (other.content, other.repeated) == (first.content, True)
    assert await receipts(world, letter) == stored


async def test_same_answer_again_gives_the_same_bytes(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await recall(world, letter)
    first = await report(world, letter, AGREED)
    world.clock.move(minutes=1)
    again = await report(world, letter, AGREED)
    assert (again.content, again.repeated) == (first.content, True)


@pytest.mark.parametrize(
    ("first", "second"), [(AGREED, DECLINED), (DECLINED, AGREED)], ids=["15", "16"]
)
async def test_answer_is_not_taken_back(
    world: World, letter: Envelope, first: StatusCode, second: StatusCode
) -> None:
    await take(world, letter)
    await recall(world, letter)
    await report(world, letter, first)
    with pytest.raises(CodedError) as caught:
        await report(world, letter, second)
    assert caught.value.code is ErrorCode.STATUS_NOT_ALLOWED


async def test_request_is_answered_at_its_own_id_too(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await recall(world, letter)
    request = (await arrived(world, PROVINCE))[-1]
    recorded = await report(world, request, AGREED)
    assert step_of(recorded.content).envelope_id == letter.envelope_id
    again = await report(world, letter, AGREED)
    assert again.content == recorded.content


@pytest.mark.parametrize("code", [AGREED, DECLINED])
async def test_nothing_is_answered_that_was_not_asked(
    world: World, letter: Envelope, code: StatusCode
) -> None:
    await take(world, letter)
    for agency, expected in (
        (PROVINCE, ErrorCode.STATUS_NOT_ALLOWED),
        (COMMUNE, ErrorCode.STATUS_ACTOR_WRONG),
    ):
        with pytest.raises(CodedError) as caught:
            await report(world, letter, code, agency)
        assert caught.value.code is expected


async def test_only_the_sender_asks_a_document_back(
    world: World, letter: Envelope
) -> None:
    with pytest.raises(CodedError) as caught:
        await report(world, letter, StatusCode.RECALL_REQUESTED, PROVINCE)
    assert caught.value.code is ErrorCode.STATUS_ACTOR_WRONG
    assert await read(world, letter)


async def test_refused_document_is_not_asked_back(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await report(world, letter, StatusCode.REFUSED, reason="Sai nơi nhận")
    with pytest.raises(CodedError) as caught:
        await recall(world, letter, about=PROVINCE)
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.RECALL_NOT_ALLOWED,
        "02 → 13",
    )


async def test_status_is_not_asked_back(world: World, letter: Envelope) -> None:
    await take(world, letter)
    await report(world, letter, StatusCode.REGISTERED)
    status = (await arrived(world, COMMUNE))[-1]
    with pytest.raises(CodedError) as caught:
        await report(world, status, StatusCode.RECALL_REQUESTED, PROVINCE)
    assert caught.value.code is ErrorCode.RECALL_NOT_ALLOWED


async def test_recall_from_one_recipient_concerns_nobody_else(
    world: World, letter: Envelope
) -> None:
    await recall(world, letter, about=MINISTRY)
    assert await read(world, letter)
    steps = {one.step for one in (await trace(world, letter, PROVINCE)).receipts}
    assert steps == {Step.DELIVERED}
    assert [one.kind for one in await arrived(world, PROVINCE)] == [
        EnvelopeKind.DOCUMENT
    ]


async def test_refusal_of_the_recalled_leaves_its_line_and_nothing_else(
    world: World, letter: Envelope
) -> None:
    await recall(world, letter)
    before = len(await receipts(world, letter))
    for code in (StatusCode.REGISTERED, AGREED):
        with pytest.raises(CodedError):
            await report(world, letter, code)
    with pytest.raises(CodedError):
        await take(world, letter)
    assert len(await receipts(world, letter)) == before
    lines = await world.services.storage.audit.lines(limit=3)
    assert {one.event for one in lines} == {AuditEvent.ENVELOPE_REFUSED}


async def test_each_step_of_a_recall_is_receipt_log_entry_and_audit_line(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await recall(world, letter)
    await report(world, letter, AGREED)
    await world.deliver()
    stored = await receipts(world, letter)
    log = world.services.storage.log
    entries = list(await log.entries_of(letter.envelope_id))
    for one in stored:
        if one.status_envelope:
            entries += await log.entries_of(one.status_envelope)
    known = {one.entry.entry_id for one in entries}
    assert {one.entry_id for one in stored} <= known
    lines = await world.services.storage.audit.lines(limit=99)
    events = [one.event for one in lines]
    assert events.count(AuditEvent.RECALL_DONE) == 1
    assert events.count(AuditEvent.STATUS_RECORDED) == 2


async def test_of_recall_and_taking_at_once_both_end_well(world: World) -> None:
    for _ in range(5):
        world.clock.move(minutes=1)
        letter = (await world.sent()).envelope
        outcomes = await asyncio.gather(
            take(world, letter), recall(world, letter), return_exceptions=True
        )
        found = await delivery(world, letter)
        assert found.recall is not None
        if isinstance(outcomes[0], CodedError):
            assert found.state is DeliveryState.RECALLED
        else:
            assert found.state is DeliveryState.ACKNOWLEDGED
        with pytest.raises(CodedError):
            await read(world, letter)


async def test_unsigned_request_of_a_signing_peer_is_refused(
    world: World, letter: Envelope
) -> None:
    status = EdxmlStatus(
        sender=Organisation(organ_id=COMMUNE),
        response_for=ResponseFor(),
        status_code=StatusCode.RECALL_REQUESTED,
    )
    message = prepare_status(status, credential=None, at=world.clock.now)
    with pytest.raises(CodedError) as caught:
        await hand_in(world, letter, message, COMMUNE)
    assert caught.value.code is ErrorCode.SIGNATURE_MISSING
    assert await read(world, letter)


async def test_hub_attests_the_arrival_of_what_is_taken_once(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    await take(world, letter)
    assert (await delivery(world, letter)).status is StatusCode.ARRIVED
    (kept,) = [one for one in await receipts(world, letter) if one.step is Step.ARRIVED]
    receipt = step_of(kept.content)
    assert (receipt.issuer, receipt.recipient) == ("hub-1", PROVINCE)
    assert (receipt.status_code, receipt.status_envelope_id) == (
        StatusCode.ARRIVED,
        None,
    )
    own = await report(world, letter, StatusCode.ARRIVED)
    assert not own.repeated
    assert (await report(world, letter, StatusCode.ARRIVED)).repeated


async def test_arrival_is_not_attested_after_the_recipients_own_status(
    world: World, letter: Envelope
) -> None:
    await report(world, letter, StatusCode.REGISTERED)
    await take(world, letter)
    assert (await delivery(world, letter)).status is StatusCode.REGISTERED
    steps = [one.step for one in await receipts(world, letter)]
    assert Step.ARRIVED not in steps


async def test_system_may_do_without_attested_arrivals(
    world: World, letter: Envelope
) -> None:
    caller = await world.caller("qlvb-h99")
    quiet = replace(caller.system, attests_arrival=False)
    await register_system(world.services, RegisterSystem(system=quiet, operator="test"))
    await take(world, letter)
    assert (await delivery(world, letter)).status is None
