"""A receipt within a moment of the tick that offers the same delivery again."""

import random
from collections import Counter
from dataclasses import dataclass, replace

from clients.messages import Acknowledgement, prepare_acknowledgement
from exchange.delivery.keeper import Keeper
from exchange.domain.records import Delivery, Envelope
from exchange.services import Caller
from exchange.storage.memory import MemoryStorage
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    SignedStep,
    acknowledge_delivery,
)
from schemas.identifiers import SystemId
from schemas.vocabulary import DeliveryState, Step, TransportAcknowledgement
from tests.support.interleaving import Snapshot, Turns, in_turns
from tests.support.world import PROVINCE, World, make_world

_SYSTEM = "qlvb-h99"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRace:
    """A failed delivery that is due again, and the receipt that comes meanwhile."""

    world: World
    envelope: Envelope
    caller: Caller
    receipt: AcknowledgeDelivery
    failed: Snapshot

    async def run(self, chance: random.Random) -> tuple[int, ...]:
        """Let both go on in a drawn order; return the order.

        Raises:
            ExceptionGroup: one of them failed.
        """
        self.failed.restore()
        turns = Turns(chance)
        storage = in_turns(self.world.services.storage, turns)
        services = replace(self.world.services, storage=storage)
        await turns.run(
            acknowledge_delivery(services, self.receipt),
            Keeper(services, owner="test").keep(),
        )
        # What a later tick finds.
        self.world.clock.move(hours=1)
        await Keeper(self.world.services, owner="test").keep()
        self.world.clock.move(hours=-1)
        return tuple(turns.taken)

    async def outcome(self) -> tuple[DeliveryState, list[Step]]:
        """Return how the delivery ended, and its steps after the failure."""
        envelopes = self.world.services.storage.envelopes
        found = await envelopes.delivery(self.envelope.envelope_id, PROVINCE)
        steps = [
            one.step for one in await envelopes.receipts(self.envelope.envelope_id)
        ]
        assert isinstance(found, Delivery)
        return found.state, steps[steps.index(Step.DELIVERED) + 2 :]


async def receipt_race() -> ReceiptRace:
    """Have a delivery fail and come due again."""
    storage = MemoryStorage()
    world = await make_world(storage=storage)
    envelope = (await world.sent()).envelope
    caller = await world.caller(_SYSTEM)
    failure = _said(world, envelope, caller, TransportAcknowledgement.FAIL)
    await acknowledge_delivery(world.services, failure)
    world.clock.move(seconds=21)
    receipt = _said(world, envelope, caller, TransportAcknowledgement.DONE)
    return ReceiptRace(
        world=world,
        envelope=envelope,
        caller=caller,
        receipt=receipt,
        failed=Snapshot(storage),
    )


def _said(
    world: World, envelope: Envelope, caller: Caller, state: TransportAcknowledgement
) -> AcknowledgeDelivery:
    said = Acknowledgement(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId(_SYSTEM),
        state=state,
    )
    signed = prepare_acknowledgement(
        said, credential=world.province, at=world.clock.now
    )
    return AcknowledgeDelivery(
        caller=caller,
        envelope_id=envelope.envelope_id,
        agency=PROVINCE,
        said=SignedStep(signed),
    )


async def raced(rounds: int, *, seed: int) -> Counter[tuple[int, ...]]:
    """Run so many rounds; each must leave it taken, once and for good.

    Returns:
        How often each order was drawn.
    """
    race, chance = await receipt_race(), random.Random(seed)
    orders: Counter[tuple[int, ...]] = Counter()
    for _ in range(rounds):
        orders[await race.run(chance)] += 1
        state, steps = await race.outcome()
        assert state is DeliveryState.ACKNOWLEDGED
        assert steps in (
            [Step.TAKEN, Step.ARRIVED],
            [Step.OFFERED_AGAIN, Step.TAKEN, Step.ARRIVED],
        )
    return orders
