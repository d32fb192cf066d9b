"""What a step does to a delivery, and which states allow it."""

from dataclasses import dataclass

from exchange.domain.records import Delivery
from schemas.identifiers import OrganId
from schemas.vocabulary import (
    DELIVERY_TRANSITIONS,
    READABLE_DELIVERY_STATES,
    Actor,
    DeliveryState,
    Step,
)


@dataclass(frozen=True, slots=True)
class StepEffect:
    """A delivery in one of `before` enters `after`; None leaves it where it is."""

    step: Step
    before: frozenset[DeliveryState]
    after: DeliveryState | None


def _by_recipient(step: Step, after: DeliveryState) -> StepEffect:
    """The states a recipient may leave for `after`; what it cannot read, it cannot."""
    before = frozenset(
        one.before
        for one in DELIVERY_TRANSITIONS
        if one.after is after and one.actor is Actor.RECIPIENT
    )
    return StepEffect(step, before & READABLE_DELIVERY_STATES, after)


def _by_checker(step: Step, after: DeliveryState) -> StepEffect:
    """Checking is one commit: it begins in accepted or in an interrupted check."""
    before = frozenset({DeliveryState.ACCEPTED, DeliveryState.CHECKING})
    return StepEffect(step, before, after)


def _by_hub(step: Step, after: DeliveryState, *before: DeliveryState) -> StepEffect:
    return StepEffect(step, frozenset(before), after)


TRANSPORT_EFFECTS: dict[Step, StepEffect] = {
    Step.TAKEN: _by_recipient(Step.TAKEN, DeliveryState.ACKNOWLEDGED),
    Step.FAILED: _by_recipient(Step.FAILED, DeliveryState.FAILED),
    # Whoever leased it from the inbox may say so before the lease ends.
    Step.PROCESSING: StepEffect(
        Step.PROCESSING,
        frozenset({DeliveryState.AVAILABLE, DeliveryState.LEASED}),
        DeliveryState.LEASED,
    ),
}
"""What a recipient's system may report of a queue item."""

CHECK_EFFECTS: dict[Step, StepEffect] = {
    Step.DELIVERED: _by_checker(Step.DELIVERED, DeliveryState.AVAILABLE),
    Step.QUARANTINED: _by_checker(Step.QUARANTINED, DeliveryState.QUARANTINED),
    Step.HELD: _by_checker(Step.HELD, DeliveryState.HELD),
}
"""How the hub's own check may end."""


RELEASE_EFFECTS: dict[bool, StepEffect] = {
    True: _by_hub(Step.RELEASED, DeliveryState.AVAILABLE, DeliveryState.HELD),
    False: _by_hub(Step.QUARANTINED, DeliveryState.QUARANTINED, DeliveryState.HELD),
}
"""What becomes of a held delivery: whether it is let through."""

OFFERED_AGAIN = _by_hub(
    Step.OFFERED_AGAIN, DeliveryState.AVAILABLE, DeliveryState.FAILED
)
DEAD_LETTERED = _by_hub(
    Step.DEAD_LETTERED, DeliveryState.DEAD_LETTER, DeliveryState.FAILED
)
RESENT = _by_hub(
    Step.OFFERED_AGAIN,
    DeliveryState.AVAILABLE,
    DeliveryState.DEAD_LETTER,
    DeliveryState.FAILED,
    DeliveryState.LEASED,
)
"""What an operator may do for a delivery that got stuck."""


def is_readable(delivery: Delivery) -> bool:
    """Tell whether the payload is open to the recipient of a delivery."""
    is_blocked = delivery.recall is not None and delivery.recall.blocks_reading
    return delivery.state in READABLE_DELIVERY_STATES and not is_blocked


def receipt_key(step: Step, recipient: OrganId | None = None, *, time: int = 1) -> str:
    """Name a step of one envelope; recorded twice, it is a repeat.

    Args:
        step: what is attested.
        recipient: the delivery concerned; None means all of them.
        time: which time, of steps that may be taken more than once.
    """
    name = f"{step}:{recipient}" if recipient else str(step)
    return f"{name}:{time}" if time > 1 else name
