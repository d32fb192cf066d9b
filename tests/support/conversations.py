"""Recalls, changes and their answers in a small exchange in memory."""

from datetime import timedelta

from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
    prepare_document,
    prepare_status,
)
from exchange.domain.agency_orders import Merge, Order
from exchange.domain.records import Delivery, Envelope, StoredReceipt
from exchange.usecases.accept_envelope import AcceptedEnvelope
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    RecordedStep,
    SignedStep,
    acknowledge_delivery,
)
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.read_envelope import ReadEnvelope, read_envelope
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from exchange.usecases.trace_envelope import Trace, TraceEnvelope, trace_envelope
from pki.keys.api import Credential
from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    Organisation,
    Receiver,
    ResponseFor,
)
from schemas.edxml.status import EdxmlStatus
from schemas.identifiers import DocumentId, OrganId, SystemId
from schemas.receipt import StepReceipt, read_receipt
from schemas.vocabulary import (
    BusinessType,
    DeliveryState,
    StatusCode,
    TransportAcknowledgement,
)
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    edxml_document,
)

SYSTEMS = {
    COMMUNE: "qlvb-h99-151",
    PROVINCE: "qlvb-h99",
    MINISTRY: "qlvb-g22",
    FAR_COMMUNE: "qlvb-h99-153",
}


def key_of(world: World, agency: OrganId) -> Credential:
    """The key of an agency's system."""
    return {
        COMMUNE: world.commune,
        PROVINCE: world.province,
        MINISTRY: world.ministry,
        FAR_COMMUNE: world.channel,
    }[agency]


async def take(
    world: World, envelope: Envelope, agency: OrganId = PROVINCE
) -> RecordedStep:
    """Acknowledge a delivery."""
    said = Acknowledgement(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=agency,
        system_id=SystemId(SYSTEMS[agency]),
        state=TransportAcknowledgement.DONE,
    )
    signed = prepare_acknowledgement(
        said, credential=key_of(world, agency), at=world.services.now()
    )
    command = AcknowledgeDelivery(
        caller=await world.caller(SYSTEMS[agency]),
        envelope_id=envelope.envelope_id,
        agency=agency,
        said=SignedStep(signed),
    )
    return await acknowledge_delivery(world.services, command)


async def two_sendings(world: World) -> tuple[Envelope, Envelope]:
    """One document of the commune, sent twice and taken twice."""
    first = (await world.sent()).envelope
    world.clock.move(minutes=1)
    second = (await world.sent()).envelope
    for one in (first, second):
        await take(world, one)
    return first, second


async def read(world: World, envelope: Envelope, agency: OrganId = PROVINCE) -> bytes:
    """Read the body as one agency."""
    command = ReadEnvelope(
        caller=await world.caller(SYSTEMS[agency]), envelope_id=envelope.envelope_id
    )
    opened = await read_envelope(world.services, command)
    return b"".join([chunk async for chunk in opened.chunks])


def status_message(
    world: World,
    code: StatusCode,
    agency: OrganId = PROVINCE,
    *,
    about: OrganId | None = None,
    reason: str = "",
    document_id: DocumentId | None = DOCUMENT_ID,
) -> Message:
    """A signed status of an agency; a recall names whom it is `about`."""
    status = EdxmlStatus(
        sender=Organisation(organ_id=agency),
        response_for=ResponseFor(organ_id=about, document_id=document_id),
        status_code=code,
        description=reason,
        timestamp=world.clock.now,
    )
    return prepare_status(status, credential=key_of(world, agency), at=world.clock.now)


async def report(
    world: World,
    envelope: Envelope,
    code: StatusCode,
    agency: OrganId = PROVINCE,
    *,
    about: OrganId | None = None,
    reason: str = "",
) -> RecordedStatus:
    """Report a status about an envelope."""
    message = status_message(
        world, code, agency, about=about, reason=reason, document_id=None
    )
    return await hand_in(world, envelope, message, agency)


async def hand_in(
    world: World, envelope: Envelope, message: Message, agency: OrganId
) -> RecordedStatus:
    """Hand a status message in."""
    submission = await world.submission(message, system_id=SYSTEMS[agency])
    command = ReportStatus(submission=submission, envelope_id=envelope.envelope_id)
    return await report_status(world.services, command)


async def recall(
    world: World, envelope: Envelope, *, about: OrganId | None = None
) -> RecordedStatus:
    """Ask a document of the commune back, by status 13."""
    return await report(
        world,
        envelope,
        StatusCode.RECALL_REQUESTED,
        COMMUNE,
        about=about,
        reason="Sai thẩm quyền",
    )


def recalling(world: World, business: Business, **changes: object) -> Message:
    """A message of the commune that does something to an earlier document."""
    document = edxml_document(business=business, **changes)
    return prepare_document(document, (), credential=world.commune, at=world.clock.now)


def update(world: World, *changes: tuple[OrganId, int], **fields: object) -> Message:
    """A message that changes the commune's letter: itself, or to whom it goes.

    Args:
        world: where.
        changes: agencies with 0 (added) or 1 (removed).
        fields: of the message.
    """
    info = BusinessDocumentInfo(
        document_info=not changes,
        document_receiver=bool(changes),
        receivers=tuple(
            Receiver(organ_id=organ, receiver_type=kind) for organ, kind in changes
        ),
    )
    business = Business(
        business_type=BusinessType.UPDATE,
        document_id=DOCUMENT_ID,
        reason="Sửa nơi nhận",
        document_info=info,
    )
    fields = {"document_id": DocumentId("cap-nhat"), **fields}
    return recalling(world, business, **fields)


async def add_recipient(world: World, agency: OrganId) -> Envelope:
    """Send the commune's letter to one more agency."""
    accepted = await world.send(update(world, (agency, 0)))
    await world.deliver()
    return accepted.envelope


async def recall_by_document(
    world: World, *, to: tuple[OrganId, ...] = (PROVINCE, MINISTRY), number: str = "1"
) -> AcceptedEnvelope:
    """Ask the commune's letter back, by a document."""
    business = Business(
        business_type=BusinessType.RECALL,
        document_id=DOCUMENT_ID,
        reason="Sai thẩm quyền",
    )
    message = recalling(
        world,
        business,
        document_id=DocumentId(f"thu-hoi-{number}"),
        recipients=tuple(Organisation(organ_id=one) for one in to),
    )
    accepted = await world.send(message)
    await world.deliver()
    return accepted


async def delivery(
    world: World, envelope: Envelope, agency: OrganId = PROVINCE
) -> Delivery:
    """One delivery as it is stored."""
    found = await world.services.storage.envelopes.delivery(
        envelope.envelope_id, agency
    )
    if found is None:
        raise KeyError(agency)
    return found


async def sent_to(world: World, *agencies: OrganId) -> Envelope:
    """A letter of the commune that has arrived."""
    recipients = tuple(Organisation(organ_id=one) for one in agencies)
    accepted = await world.send(world.document(recipients=recipients))
    await world.deliver()
    return accepted.envelope


async def states(world: World, envelope: Envelope) -> dict[OrganId, DeliveryState]:
    """The deliveries of an envelope as they are stored."""
    found = await world.services.storage.envelopes.deliveries(envelope.envelope_id)
    return {one.recipient: one.state for one in found}


async def arrived(world: World, agency: OrganId) -> list[Envelope]:
    """The inbox of an agency, oldest first."""
    await world.deliver()
    command = ReadInbox(caller=await world.caller(SYSTEMS[agency]), agency=agency)
    page = await read_inbox(world.services, command)
    return [one.envelope for one in page.items]


async def ordered(world: World, order: Order, *, days: float = 0) -> None:
    """Order a change of agencies, in force so many days from now."""
    command = ChangeAgencies(
        order=order,
        effective=world.clock.now + timedelta(days=days),
        reason="Sắp xếp đơn vị hành chính",
        operator="test",
    )
    await change_agencies(world.services, command)


async def changed(world: World, order: Order) -> None:
    """Change agencies now; the moments before and after differ."""
    world.clock.move(minutes=1)
    await ordered(world, order)
    world.clock.move(minutes=1)


async def merge(world: World, source: OrganId, into: OrganId) -> None:
    """Close an agency; another takes over."""
    await changed(world, Merge(sources=(source,), into=into))


async def trace(world: World, envelope: Envelope, agency: OrganId) -> Trace:
    """What an agency may know of an envelope."""
    command = TraceEnvelope(
        caller=await world.caller(SYSTEMS[agency]), envelope_id=envelope.envelope_id
    )
    return await trace_envelope(world.services, command)


async def receipts(world: World, envelope: Envelope) -> list[StoredReceipt]:
    """All step receipts of an envelope."""
    found = await world.services.storage.envelopes.receipts(envelope.envelope_id)
    return list(found)


def step_of(content: bytes) -> StepReceipt:
    """The step receipt in signed bytes."""
    receipt = read_receipt(verify_receipt(parse(content)).content)
    if not isinstance(receipt, StepReceipt):
        raise TypeError
    return receipt
