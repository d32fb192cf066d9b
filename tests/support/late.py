"""Deliveries that went wrong: given up, and held."""

from clients.messages import Acknowledgement, prepare_acknowledgement
from exchange.delivery.keeper import Keeper
from exchange.domain.records import Envelope
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    SignedStep,
    acknowledge_delivery,
)
from schemas.identifiers import SystemId
from schemas.vocabulary import TransportAcknowledgement
from tests.support.small_pdf import small_pdf
from tests.support.world import PROVINCE, CrashingPdfs, World, attachment, note


async def dead_letter(world: World) -> Envelope:
    """A document the province failed to take until the hub gave up, four days later."""
    envelope = (await world.sent(note(b"x"))).envelope
    keeper = Keeper(world.services, owner="test")
    for _ in range(2):
        await _fail(world, envelope)
        world.clock.move(hours=101)
        await keeper.keep()
    return envelope


async def held(world: World) -> Envelope:
    """A document whose file could not be read."""
    crashing = world.with_pdfs(CrashingPdfs())
    accepted = await world.send(world.document(attachment(small_pdf())))
    await crashing.deliver()
    return accepted.envelope


async def _fail(world: World, envelope: Envelope) -> None:
    said = Acknowledgement(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId("qlvb-h99"),
        state=TransportAcknowledgement.FAIL,
        description="Hết chỗ trên đĩa",
    )
    now = world.services.now()
    content = prepare_acknowledgement(said, credential=world.province, at=now)
    command = AcknowledgeDelivery(
        caller=await world.caller("qlvb-h99"),
        envelope_id=envelope.envelope_id,
        agency=PROVINCE,
        said=SignedStep(content),
    )
    await acknowledge_delivery(world.services, command)
