"""What the successor of a closed agency may do with what that agency had."""

from dataclasses import replace

import pytest

from clients.messages import Message, prepare_status
from exchange.domain.agency_orders import Recode
from exchange.errors import ExchangeError
from exchange.usecases.read_envelope import ReadEnvelope, read_envelope
from exchange.usecases.read_inbox import InboxPage, ReadInbox, read_inbox
from exchange.usecases.recipient_lists import SaveList, lists_of, save_list
from exchange.usecases.report_status import ReportStatus, report_status
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.edxml.document import Organisation, ResponseFor
from schemas.edxml.status import EdxmlStatus
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.receipt import StepReceipt, read_receipt
from schemas.recipient_groups import ListGroup
from schemas.vocabulary import (
    DeliveryState,
    EnvelopeKind,
    StatusCode,
    Step,
)
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.conversations import changed, merge
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
)

NOT_SIGNING = "qlvb-h99-153"


@pytest.fixture
async def world() -> World:
    return await make_world()


async def sent_to_far_commune(world: World) -> EnvelopeId:
    recipients = (
        Organisation(organ_id=FAR_COMMUNE),
        Organisation(organ_id=MINISTRY),
    )
    accepted = await world.send(world.document(recipients=recipients))
    await world.deliver()
    return accepted.envelope.envelope_id


async def test_successor_addresses_the_lists_it_took_over(world: World) -> None:
    province = await world.caller("qlvb-h99")
    members = [str(MINISTRY), str(COMMUNE)]
    wish = SaveList(caller=province, agency=PROVINCE, name="hop", members=members)
    await save_list(world.services, wish)
    new = OrganId("H98")
    await changed(world, Recode(code=PROVINCE, new_code=new))
    province = await world.caller("qlvb-h99")
    (kept,) = await lists_of(world.services, province, PROVINCE)
    to = Organisation(organ_id=ListGroup(kept.owner, kept.name).written())

    def from_agency(code: OrganId, number: int) -> Message:
        identity = replace(world, commune=world.province)
        document_id = DocumentId(f"{code},2026/11/20,{number}/UBND-VX")
        sender = Organisation(organ_id=code)
        return identity.document(
            sender=sender, recipients=(to,), document_id=document_id
        )

    sent = await world.send(from_agency(new, 1), system_id="qlvb-h99")
    assert set(sent.envelope.recipients) == {COMMUNE, MINISTRY}
    with pytest.raises(CodedError) as caught:
        await world.send(world.document(recipients=(to,)))
    assert caught.value.code == ErrorCode.RECIPIENT_UNKNOWN


async def inbox(world: World, system: str, agency: OrganId) -> InboxPage:
    caller = await world.caller(system)
    return await read_inbox(world.services, ReadInbox(caller=caller, agency=agency))


async def test_successor_fetches_what_waited_for_the_closed_agency(
    world: World,
) -> None:
    envelope_id = await sent_to_far_commune(world)
    caller = await world.caller("qlvb-h99")
    with pytest.raises(ExchangeError) as caught:
        await inbox(world, "qlvb-h99", FAR_COMMUNE)
    assert caught.value.code is ErrorCode.AGENCY_NOT_ACTED_FOR
    await merge(world, FAR_COMMUNE, PROVINCE)
    page = await inbox(world, "qlvb-h99", FAR_COMMUNE)
    assert [one.envelope.envelope_id for one in page.items] == [envelope_id]
    found = await read_envelope(
        world.services, ReadEnvelope(caller=caller, envelope_id=envelope_id)
    )
    assert found.envelope.envelope_id == envelope_id


async def test_stranger_inherits_nothing(world: World) -> None:
    await sent_to_far_commune(world)
    await merge(world, FAR_COMMUNE, COMMUNE)
    with pytest.raises(ExchangeError) as caught:
        await inbox(world, "qlvb-h99", FAR_COMMUNE)
    assert caught.value.code is ErrorCode.AGENCY_NOT_ACTED_FOR


async def test_successor_reports_on_what_the_closed_agency_got(world: World) -> None:
    envelope_id = await sent_to_far_commune(world)
    await merge(world, FAR_COMMUNE, PROVINCE)
    message = world.status(StatusCode.REGISTERED)
    command = ReportStatus(
        submission=await world.submission(message, system_id="qlvb-h99"),
        envelope_id=envelope_id,
    )
    recorded = await report_status(world.services, command)
    receipt = read_receipt(verify_receipt(parse(recorded.content)).content)
    assert isinstance(receipt, StepReceipt)
    assert (receipt.step, receipt.recipient) == (Step.REGISTERED, FAR_COMMUNE)
    stored = await world.services.storage.envelopes.delivery(envelope_id, FAR_COMMUNE)
    assert stored is not None
    assert stored.status is StatusCode.REGISTERED


async def sent_to_both_that_merge(world: World) -> EnvelopeId:
    """A document of the ministry to two communes that are one by now."""
    both = tuple(Organisation(organ_id=one) for one in (FAR_COMMUNE, MINISTRY))
    accepted = await world.send(world.document(recipients=both))
    await world.deliver()
    await merge(world, FAR_COMMUNE, PROVINCE)
    await merge(world, MINISTRY, PROVINCE)
    return accepted.envelope.envelope_id


async def reported(
    world: World, envelope_id: EnvelopeId, code: StatusCode, agency: OrganId | None
) -> StepReceipt:
    command = ReportStatus(
        submission=await world.submission(world.status(code), system_id="qlvb-h99"),
        envelope_id=envelope_id,
        agency=agency,
    )
    recorded = await report_status(world.services, command)
    receipt = read_receipt(verify_receipt(parse(recorded.content)).content)
    assert isinstance(receipt, StepReceipt)
    return receipt


async def test_successor_of_two_recipients_reports_on_each_of_them(
    world: World,
) -> None:
    envelope_id = await sent_to_both_that_merge(world)
    first, second = sorted((FAR_COMMUNE, MINISTRY))
    one = await reported(world, envelope_id, StatusCode.REGISTERED, second)
    # Earlier than what the other is at: each goes its own way.
    other = await reported(world, envelope_id, StatusCode.ARRIVED, first)
    assert (one.recipient, other.recipient) == (second, first)
    unnamed = await reported(world, envelope_id, StatusCode.REGISTERED, None)
    assert unnamed.recipient == first


async def test_nobody_reports_for_an_agency_it_did_not_succeed(world: World) -> None:
    envelope_id = await sent_to_far_commune(world)
    await merge(world, FAR_COMMUNE, PROVINCE)
    for stranger in (MINISTRY, COMMUNE):
        with pytest.raises(ExchangeError) as caught:
            await reported(world, envelope_id, StatusCode.REGISTERED, stranger)
        assert caught.value.code is ErrorCode.STATUS_ACTOR_WRONG
        assert caught.value.place == stranger


async def test_status_for_a_closed_sender_reaches_its_successor(world: World) -> None:
    accepted = await world.sent()
    await merge(world, COMMUNE, FAR_COMMUNE)
    message = world.status(StatusCode.REGISTERED)
    command = ReportStatus(
        submission=await world.submission(message, system_id="qlvb-h99"),
        envelope_id=accepted.envelope.envelope_id,
    )
    await report_status(world.services, command)
    await world.deliver()
    (item,) = (await inbox(world, NOT_SIGNING, FAR_COMMUNE)).items
    assert item.envelope.kind is EnvelopeKind.STATUS
    assert item.envelope.meant_for(FAR_COMMUNE) == (COMMUNE,)
    trace = await trace_envelope(
        world.services,
        TraceEnvelope(
            caller=await world.caller(NOT_SIGNING),
            envelope_id=accepted.envelope.envelope_id,
        ),
    )
    assert len(trace.deliveries) == len(accepted.envelope.recipients)


async def test_successor_of_the_sender_takes_a_document_back(world: World) -> None:
    envelope_id = (await world.sent()).envelope.envelope_id
    await merge(world, COMMUNE, PROVINCE)
    status = EdxmlStatus(
        sender=Organisation(organ_id=PROVINCE),
        response_for=ResponseFor(organ_id=MINISTRY, document_id=DOCUMENT_ID),
        status_code=StatusCode.RECALL_REQUESTED,
        description="Gửi nhầm",
        timestamp=world.clock.now,
    )
    recall = prepare_status(status, credential=world.province, at=world.clock.now)
    command = ReportStatus(
        submission=await world.submission(recall, system_id="qlvb-h99"),
        envelope_id=envelope_id,
    )
    await report_status(world.services, command)
    deliveries = await world.services.storage.envelopes.deliveries(envelope_id)
    states = {one.recipient: one.state for one in deliveries}
    assert states[MINISTRY] is DeliveryState.RECALLED
