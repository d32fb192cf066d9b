"""What a person may do with a document now; the use cases decide again."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from exchange.domain.decisions import Refuse
from exchange.domain.recalls import decide_recall, is_request
from exchange.domain.records import Delivery, Envelope
from exchange.domain.roles import AccessRole
from exchange.domain.steps import TRANSPORT_EFFECTS, is_readable
from schemas.identifiers import OrganId
from schemas.vocabulary import (
    READABLE_DELIVERY_STATES,
    DeliveryState,
    EnvelopeKind,
    StatusCode,
    Step,
    next_processing_statuses,
)

_OFFERED: Final = frozenset(
    {
        StatusCode.REFUSED,
        StatusCode.REGISTERED,
        StatusCode.ASSIGNED,
        StatusCode.IN_PROCESS,
        StatusCode.FINISHED,
    }
)
"""01 is the hub's word when a document is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """Buttons of one document.

    Args:
        take: it can be acknowledged.
        statuses: what may be reported next, in order.
        answer: a request waits for 15 or 16.
        reply: a document that answers it can be written.
        recall: it can be asked back.
    """

    take: bool = False
    statuses: tuple[StatusCode, ...] = ()
    answer: bool = False
    reply: bool = False
    recall: bool = False

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return any((self.take, self.statuses, self.answer, self.reply, self.recall))


def arrived_at(
    agency: OrganId | None, own: Collection[OrganId], deliveries: Iterable[Delivery]
) -> list[Delivery]:
    """Return what reached an agency, before what reached those it succeeded, by code.

    A status of the agency is about the first (docs/protocol.md, section 10).

    Args:
        agency: whose people look; None: of the whole hub.
        own: for which they may act: the agency, and the closed ones.
        deliveries: of one envelope.
    """
    arrived = [one for one in deliveries if one.recipient in own]
    led_on = DeliveryState.REDIRECTED
    return sorted(
        (one for one in arrived if one.state is not led_on),
        key=lambda one: (one.recipient != agency, one.recipient),
    )


def first_to_take(arrived: Iterable[Delivery]) -> Delivery | None:
    """Return the first that waits to be acknowledged."""
    return next(filter(_can_be_taken, arrived), None)


def actions_for(
    envelope: Envelope,
    deliveries: Iterable[Delivery],
    *,
    agency: OrganId | None,
    own: Collection[OrganId],
    role: AccessRole | None,
) -> Actions:
    """Return what somebody of an agency may do in a role; `own` as in `arrived_at`."""
    if role is not AccessRole.CLERK:
        return Actions()
    every = tuple(deliveries)
    arrived = arrived_at(agency, own, every)
    is_document = envelope.kind is EnvelopeKind.DOCUMENT
    received = arrived[0] if arrived else None
    return Actions(
        take=first_to_take(arrived) is not None,
        statuses=_statuses(received) if received and is_document else (),
        answer=any(_is_asked(envelope, one) for one in arrived),
        reply=is_document and any(map(is_readable, arrived)),
        recall=envelope.sender in own and _can_be_recalled(envelope, every),
    )


def _can_be_taken(delivery: Delivery) -> bool:
    is_open = delivery.state in TRANSPORT_EFFECTS[Step.TAKEN].before
    return is_open and is_readable(delivery)


def _statuses(delivery: Delivery) -> tuple[StatusCode, ...]:
    if delivery.state not in READABLE_DELIVERY_STATES or not is_readable(delivery):
        return ()
    return tuple(sorted(next_processing_statuses(delivery.status) & _OFFERED))


def _is_asked(envelope: Envelope, delivery: Delivery) -> bool:
    if delivery.recall is not None and delivery.recall.answer is None:
        return delivery.state in READABLE_DELIVERY_STATES
    return is_request(envelope) and delivery.answer is None and is_readable(delivery)


def _can_be_recalled(envelope: Envelope, deliveries: Iterable[Delivery]) -> bool:
    return not isinstance(decide_recall(envelope, deliveries), Refuse)
