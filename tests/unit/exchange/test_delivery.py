"""From acceptance to the inbox, its acknowledgements and statuses."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
)
from exchange.delivery.checker import Checker
from exchange.delivery.loops import repeat
from exchange.delivery.sequencer import Sequencer
from exchange.domain.records import Envelope
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    PlainStep,
    RecordedStep,
    SignedStep,
    acknowledge_delivery,
)
from exchange.usecases.handing_out import ByteRange
from exchange.usecases.read_attachment import (
    ReadAttachment,
    find_attachment,
    read_attachment,
)
from exchange.usecases.read_envelope import ReadEnvelope, read_envelope
from exchange.usecases.read_inbox import InboxPage, ReadInbox, read_inbox
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.edxml.document import Attachment, Organisation
from schemas.edxml.inline import with_inline_attachments
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.receipt import StepReceipt, read_receipt, step_record
from schemas.verdict import Indication
from schemas.vocabulary import (
    DeliveryState,
    EnvelopeKind,
    StatusCode,
    Step,
    TransportAcknowledgement,
)
from schemas.xml import parse
from signing.xmldsig.sign import Signatory, sign_record
from signing.xmldsig.verify import verify_receipt
from tests.support.signed_pdf import LETTER, SEAL, sign, with_bad_value
from tests.support.small_pdf import small_pdf
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    attachment,
    make_world,
    note,
)

DONE = TransportAcknowledgement.DONE


@pytest.fixture
async def world() -> World:
    return await make_world()


async def inbox(world: World, agency: OrganId = PROVINCE, **how: float) -> InboxPage:
    system = {PROVINCE: "qlvb-h99", MINISTRY: "qlvb-g22", COMMUNE: "qlvb-h99-151"}
    after, wait = int(how.get("after", -1)), how.get("wait", 0.0)
    command = ReadInbox(
        caller=await world.caller(system[agency]),
        agency=agency,
        after=after,
        wait_seconds=wait,
    )
    return await read_inbox(world.services, command)


def acknowledgement(
    world: World, envelope: Envelope, state: TransportAcknowledgement = DONE
) -> SignedStep:
    said = Acknowledgement(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId("qlvb-h99"),
        state=state,
    )
    return SignedStep(
        prepare_acknowledgement(
            said, credential=world.province, at=world.services.now()
        )
    )


async def acknowledge(
    world: World, envelope: Envelope, said: SignedStep | PlainStep
) -> RecordedStep:
    command = AcknowledgeDelivery(
        caller=await world.caller("qlvb-h99"),
        envelope_id=envelope.envelope_id,
        agency=PROVINCE,
        said=said,
    )
    return await acknowledge_delivery(world.services, command)


async def report(
    world: World, envelope: Envelope, message: Message, system_id: str = "qlvb-h99"
) -> RecordedStatus:
    submission = await world.submission(message, system_id=system_id)
    command = ReportStatus(submission=submission, envelope_id=envelope.envelope_id)
    return await report_status(world.services, command)


async def state(world: World, envelope: Envelope) -> DeliveryState | None:
    delivery = await world.services.storage.envelopes.delivery(
        envelope.envelope_id, PROVINCE
    )
    return delivery.state if delivery else None


def step_of(content: bytes) -> StepReceipt:
    receipt = read_receipt(verify_receipt(parse(content)).content)
    assert isinstance(receipt, StepReceipt)
    return receipt


async def check(world: World, *attachments: Attachment) -> StepReceipt:
    """Send, check and return the hub's word on it."""
    accepted = await world.sent(*attachments)
    receipts = await world.services.storage.envelopes.receipts(
        accepted.envelope.envelope_id
    )
    return step_of(receipts[0].content)


async def test_document_shows_in_each_recipients_inbox_once(world: World) -> None:
    accepted = await world.sent()
    for agency in (PROVINCE, MINISTRY):
        page = await inbox(world, agency)
        assert [one.envelope for one in page.items] == [accepted.envelope]
        assert (await inbox(world, agency, after=page.cursor)).items == ()


async def test_document_is_not_shown_before_its_check(world: World) -> None:
    await world.send(world.document())
    await Sequencer(world.services, owner="test").sequence_waiting()
    assert (await inbox(world)).items == ()


async def test_inbox_of_another_agency_is_refused(world: World) -> None:
    command = ReadInbox(caller=await world.caller("qlvb-h99"), agency=MINISTRY)
    with pytest.raises(CodedError) as caught:
        await read_inbox(world.services, command)
    assert caught.value.code is ErrorCode.AGENCY_NOT_ACTED_FOR


async def test_status_is_shown_by_its_own_entry_without_a_check(world: World) -> None:
    envelope = (await world.sent()).envelope
    await report(world, envelope, world.status(StatusCode.REGISTERED))
    (status,) = await world.services.storage.envelopes.statuses_of(envelope.envelope_id)
    store = world.services.storage.envelopes
    assert await store.to_check(limit=10) == []
    (delivery,) = await store.deliveries(status.envelope_id)
    assert (delivery.state, delivery.log_index) == (DeliveryState.AVAILABLE, None)

    await world.services.storage.log.sequence(limit=10)

    (item,) = (await inbox(world, COMMUNE)).items
    (entry,) = await world.services.storage.log.entries_of(status.envelope_id)
    assert item.envelope == status
    assert item.delivery.log_index == entry.index
    assert await store.receipts(status.envelope_id) == []


async def test_waiting_inbox_wakes_when_the_loops_deliver(world: World) -> None:
    checker = Checker(world.services, owner="a")
    sequencer = Sequencer(world.services, owner="a")
    loops = [
        asyncio.create_task(repeat("check", checker.turn)),
        asyncio.create_task(repeat("sequence", sequencer.turn)),
    ]
    waiting = asyncio.create_task(inbox(world, wait=20.0))
    await asyncio.sleep(0.05)
    began = asyncio.get_running_loop().time()
    await world.send(world.document())
    page = await waiting
    assert len(page.items) == 1
    assert asyncio.get_running_loop().time() - began < 10
    for loop in loops:
        loop.cancel()
    await checker.stop()
    await sequencer.stop()


async def test_empty_inbox_answers_when_the_wait_is_over(world: World) -> None:
    page = await inbox(world, wait=0.05, after=-1)
    assert (page.items, page.cursor) == ((), -1)


async def test_letter_with_two_good_signatures_is_delivered(world: World) -> None:
    person = sign(LETTER.read_bytes(), world.pki.person())
    sealed = sign(person, world.pki.seal(), SEAL)
    receipt = await check(world, attachment(sealed))
    assert receipt.step is Step.DELIVERED
    (finding,) = receipt.findings
    assert finding.indication is Indication.TOTAL_PASSED


async def test_unsigned_pdf_is_delivered_and_reported_as_unsigned(
    world: World,
) -> None:
    receipt = await check(world, attachment(LETTER.read_bytes()))
    assert receipt.step is Step.DELIVERED
    assert receipt.findings[0].reasons == (ErrorCode.NOT_SIGNED,)


async def test_signed_pdf_that_fails_is_quarantined_for_everybody(
    world: World,
) -> None:
    broken = with_bad_value(sign(LETTER.read_bytes(), world.pki.person()))
    text = note(b"text", number=2)
    receipt = await check(world, text, attachment(broken))
    assert receipt.step is Step.QUARANTINED
    assert receipt.findings[0].attachment == 2
    assert (await inbox(world)).items == ()


async def test_pdf_beyond_the_limit_is_held(world: World) -> None:
    limits = replace(world.services.limits, pdf_bytes=100)
    small = replace(world, services=replace(world.services, limits=limits))
    receipt = await check(small, attachment(small_pdf() + bytes(2000)))
    assert receipt.step is Step.HELD
    assert receipt.findings[0].reasons == (ErrorCode.LIMIT_EXCEEDED,)


async def test_quarantined_document_cannot_be_read_by_a_recipient(
    world: World,
) -> None:
    broken = with_bad_value(sign(LETTER.read_bytes(), world.pki.person()))
    accepted = await world.sent(attachment(broken))
    command = ReadEnvelope(
        caller=await world.caller("qlvb-h99"),
        envelope_id=accepted.envelope.envelope_id,
    )
    with pytest.raises(CodedError) as caught:
        await read_envelope(world.services, command)
    assert caught.value.place == DeliveryState.QUARANTINED


async def test_body_is_handed_out_as_it_came(world: World) -> None:
    message = world.document(attachment(LETTER.read_bytes()))
    accepted = await world.send(message)
    await world.deliver()
    opened = await read_envelope(
        world.services,
        ReadEnvelope(
            caller=await world.caller("qlvb-g22"),
            envelope_id=accepted.envelope.envelope_id,
        ),
    )
    assert b"".join([chunk async for chunk in opened.chunks]) == message.body
    assert opened.envelope.content_type == message.content_type


async def test_stranger_does_not_learn_that_an_envelope_exists(world: World) -> None:
    accepted = await world.sent()
    command = ReadEnvelope(
        caller=await world.caller("qlvb-h99-153"),
        envelope_id=accepted.envelope.envelope_id,
    )
    with pytest.raises(CodedError) as caught:
        await read_envelope(world.services, command)
    assert caught.value.code is ErrorCode.ENVELOPE_NOT_FOUND


def inlined(message: Message, *attachments: Attachment, zipped: bool) -> Message:
    """The same letter in the inline form."""
    skeleton = message.body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0]
    body = with_inline_attachments(skeleton, attachments, zipped=zipped)
    return replace(message, body=body, content_type="application/xml")


@pytest.mark.parametrize("form", ["multipart", "base64", "zip"])
@pytest.mark.parametrize("wanted", [None, ByteRange(0, 0), ByteRange(70_000, 90_000)])
async def test_attachment_is_handed_out_whole_or_in_part(
    world: World, form: str, wanted: ByteRange | None
) -> None:
    content = bytes(range(256)) * 400
    film = attachment(content, name="phim.bin", content_type="video/mp4")
    message = world.document(
        film, signed=False, sender=Organisation(organ_id=FAR_COMMUNE)
    )
    if form != "multipart":
        message = inlined(message, film, zipped=form == "zip")
    accepted = await world.send(message, system_id="qlvb-h99-153")
    await world.deliver()
    command = ReadAttachment(
        caller=await world.caller("qlvb-h99"),
        envelope_id=accepted.envelope.envelope_id,
        number=1,
    )
    found = await find_attachment(world.services, command)
    chunks = [one async for one in read_attachment(world.services, found, wanted)]
    last = wanted.last + 1 if wanted else None
    assert b"".join(chunks) == content[wanted.first if wanted else 0 : last]


async def test_signed_acknowledgement_is_stored_as_it_came(world: World) -> None:
    accepted = await world.sent()
    said = acknowledgement(world, accepted.envelope)
    recorded = await acknowledge(world, accepted.envelope, said)
    assert (recorded.receipt.content, recorded.repeated) == (said.content, False)
    assert await state(world, accepted.envelope) is DeliveryState.ACKNOWLEDGED


async def test_acknowledging_again_gives_the_first_receipt(world: World) -> None:
    accepted = await world.sent()
    first = await acknowledge(
        world, accepted.envelope, acknowledgement(world, accepted.envelope)
    )
    world.clock.move(minutes=1)
    again = await acknowledge(
        world, accepted.envelope, acknowledgement(world, accepted.envelope)
    )
    assert again.repeated
    assert again.receipt == first.receipt


async def test_failure_after_taking_is_not_allowed(world: World) -> None:
    accepted = await world.sent()
    await acknowledge(
        world, accepted.envelope, acknowledgement(world, accepted.envelope)
    )
    failed = acknowledgement(world, accepted.envelope, TransportAcknowledgement.FAIL)
    with pytest.raises(CodedError) as caught:
        await acknowledge(world, accepted.envelope, failed)
    assert caught.value.code is ErrorCode.STEP_NOT_ALLOWED


async def test_acknowledgement_of_other_bytes_is_refused(world: World) -> None:
    accepted = await world.sent()
    other = replace(accepted.envelope, body_sha256="0" * 64)
    with pytest.raises(CodedError) as caught:
        await acknowledge(world, accepted.envelope, acknowledgement(world, other))
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.RECEIPT_MISMATCH,
        "BodySha256",
    )
    assert await state(world, accepted.envelope) is DeliveryState.AVAILABLE


async def test_acknowledgement_signed_by_another_system_is_refused(
    world: World,
) -> None:
    accepted = await world.sent()
    forged = acknowledgement(replace(world, province=world.commune), accepted.envelope)
    with pytest.raises(CodedError) as caught:
        await acknowledge(world, accepted.envelope, forged)
    assert caught.value.code is ErrorCode.SIGNER_NOT_OF_SENDER


async def test_peer_that_signs_may_not_acknowledge_without(world: World) -> None:
    accepted = await world.sent()
    with pytest.raises(CodedError) as caught:
        await acknowledge(world, accepted.envelope, PlainStep(DONE))
    assert caught.value.code is ErrorCode.SIGNATURE_MISSING


async def test_old_acknowledgement_is_refused(world: World) -> None:
    accepted = await world.sent()
    said = acknowledgement(world, accepted.envelope)
    world.clock.now += timedelta(hours=73)
    with pytest.raises(CodedError) as caught:
        await acknowledge(world, accepted.envelope, said)
    assert caught.value.code is ErrorCode.SIGNING_TIME_OUT_OF_WINDOW


def dated(world: World, envelope: Envelope, at: datetime) -> SignedStep:
    """An acknowledgement signed now, of what was done at another time."""
    receipt = StepReceipt(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        step=Step.TAKEN,
        recipient=PROVINCE,
        issuer="qlvb-h99",
        at=at,
    )
    signatory, now = Signatory.of(world.province), world.services.now()
    return SignedStep(sign_record(step_record(receipt), signatory=signatory, at=now))


@pytest.mark.parametrize(
    "by",
    [timedelta(days=-9_000), timedelta(hours=-72, seconds=-1), timedelta(minutes=6)],
    ids=["years before", "before the envelope", "to come"],
)
async def test_acknowledgement_of_a_time_it_cannot_have_been_is_refused(
    world: World, by: timedelta
) -> None:
    envelope = (await world.sent()).envelope
    with pytest.raises(CodedError) as caught:
        await acknowledge(world, envelope, dated(world, envelope, world.clock.now + by))
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.SIGNING_TIME_OUT_OF_WINDOW,
        "At",
    )
    assert await state(world, envelope) is DeliveryState.AVAILABLE


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(days=6)], ids=str)
async def test_acknowledgement_may_come_long_after_what_it_is_about(
    world: World, passed: timedelta
) -> None:
    envelope = (await world.sent()).envelope
    then = envelope.accepted_at - timedelta(hours=72)
    world.clock.now += passed
    recorded = await acknowledge(world, envelope, dated(world, envelope, then))
    assert step_of(recorded.receipt.content).at == then


async def test_acknowledgement_passes_when_the_clock_was_ahead_at_acceptance(
    world: World,
) -> None:
    now = world.clock.now
    world.clock.now += timedelta(days=4)
    envelope = (await world.sent()).envelope
    world.clock.now = now
    await acknowledge(world, envelope, dated(world, envelope, now))
    assert await state(world, envelope) is DeliveryState.ACKNOWLEDGED


async def test_status_travels_to_the_sender_with_the_hubs_receipt(
    world: World,
) -> None:
    accepted = await world.sent()
    message = world.status(StatusCode.REGISTERED, description="Đã vào sổ")
    recorded = await report(world, accepted.envelope, message)
    receipt = step_of(recorded.content)
    assert (receipt.step, receipt.recipient) == (Step.REGISTERED, PROVINCE)
    assert receipt.status_body_sha256 == message.body_sha256
    await world.deliver()
    (item,) = (await inbox(world, COMMUNE)).items
    assert item.envelope.kind is EnvelopeKind.STATUS
    assert item.envelope.status_of == accepted.envelope.envelope_id
    assert item.envelope.envelope_id == receipt.status_envelope_id


async def test_status_again_gives_the_same_receipt(world: World) -> None:
    accepted = await world.sent()
    first = await report(world, accepted.envelope, world.status(StatusCode.REGISTERED))
    world.clock.move(hours=1)
    again = await report(world, accepted.envelope, world.status(StatusCode.REGISTERED))
    assert (again.content, again.repeated) == (first.content, True)


async def test_statuses_sent_at_once_are_recorded_once(world: World) -> None:
    accepted = await world.sent()
    reports = []
    for _ in range(5):
        world.clock.move(seconds=1)
        message = world.status(StatusCode.REGISTERED)
        reports.append(report(world, accepted.envelope, message))
    answers = await asyncio.gather(*reports)
    assert len({one.content for one in answers}) == 1
    statuses = await world.services.storage.envelopes.statuses_of(
        accepted.envelope.envelope_id
    )
    assert len(statuses) == 1


@pytest.mark.parametrize(
    ("codes", "refused"),
    [
        (["01", "03", "04", "05", "06"], None),
        (["06"], None),
        (["03", "01"], "01"),
        (["02", "03"], "03"),
        (["03", "02"], "02"),
        (["15"], "15"),
    ],
)
async def test_statuses_move_forward_and_may_jump(
    world: World, codes: list[str], refused: str | None
) -> None:
    accepted = await world.sent()
    for code in codes:
        reporting = report(world, accepted.envelope, world.status(StatusCode(code)))
        if code != refused:
            await reporting
            continue
        with pytest.raises(CodedError) as caught:
            await reporting
        assert caught.value.code is ErrorCode.STATUS_NOT_ALLOWED


async def test_status_from_the_sender_itself_is_refused(world: World) -> None:
    accepted = await world.sent()
    message = world.status(
        StatusCode.REGISTERED, reporter=COMMUNE, credential=world.commune
    )
    with pytest.raises(CodedError) as caught:
        await report(world, accepted.envelope, message, "qlvb-h99-151")
    assert caught.value.code is ErrorCode.STATUS_ACTOR_WRONG


async def test_status_about_another_document_is_refused(world: World) -> None:
    other = await world.send(world.document(document_id="X,2026/11/20,1/UB"))
    await world.deliver()
    with pytest.raises(CodedError) as caught:
        await report(world, other.envelope, world.status(StatusCode.REGISTERED))
    assert caught.value.code is ErrorCode.RECEIPT_MISMATCH


async def test_recipient_sees_its_own_steps_and_the_sender_sees_all(
    world: World,
) -> None:
    accepted = await world.sent()
    await report(world, accepted.envelope, world.status(StatusCode.REGISTERED))
    seen = {}
    for system_id in ("qlvb-h99-151", "qlvb-h99", "qlvb-g22"):
        command = TraceEnvelope(
            caller=await world.caller(system_id),
            envelope_id=accepted.envelope.envelope_id,
        )
        trace = await trace_envelope(world.services, command)
        recipients = {one.recipient for one in trace.deliveries}
        seen[system_id] = (recipients, [one.step for one in trace.receipts])
    assert seen == {
        "qlvb-h99-151": ({PROVINCE, MINISTRY}, [Step.DELIVERED, Step.REGISTERED]),
        "qlvb-h99": ({PROVINCE}, [Step.DELIVERED, Step.REGISTERED]),
        "qlvb-g22": ({MINISTRY}, [Step.DELIVERED]),
    }
