"""A document is asked back: what the hub does at once, what the recipient decides.

Invariants:
    - Whoever never had the document loses it at once; whoever had it stops reading at
      once and is asked (design, invariant 5); who agrees cancels it and says so
      (QĐ 28/2018 article 9, Decree 30/2020 article 18.4b).
    - Each request is answered once, by 15 or 16; only 16 opens the document again.
    - One request at a time: a delivery with an open one takes no other.
    - A refused document (02) is with its sender already; a finished one (06) may be
      asked back.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from exchange.domain.decisions import Refuse
from exchange.domain.links import Recall
from exchange.domain.records import Delivery, DeliveryUpdate, Envelope
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import (
    FINAL_DELIVERY_STATES,
    BusinessType,
    DeliveryState,
    EnvelopeKind,
    LinkKind,
    Reach,
    StatusCode,
)

_REQUESTS = frozenset({BusinessType.RECALL, BusinessType.UPDATE, BusinessType.REPLACE})
_NOT_YET_ACTED = frozenset({None, StatusCode.ARRIVED, StatusCode.REFUSED})


@dataclass(frozen=True, slots=True)
class RecallPlan:
    """Whom a request reaches, of one document.

    Args:
        at_once: those who never had it.
        asked: those who are to answer.
    """

    at_once: tuple[Delivery, ...]
    asked: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """An agency that a request names.

    Args:
        succeeded: whose deliveries are meant where it has none that stands.
        led_to: who is reached in its stead by now, after those that leads over. The
            first of them that has one that stands is meant, too: it was reached when
            the document was sent, as those before it were closed already.
    """

    code: OrganId
    succeeded: frozenset[OrganId] = frozenset()
    led_to: tuple[OrganId, ...] = ()


def holders(
    deliveries: Iterable[Delivery], named: Iterable[Named]
) -> dict[OrganId, frozenset[OrganId]]:
    """Return whose deliveries a request means, by the agencies it names.

    Whoever has none and stands for nobody who has is left out.
    """
    had = {one.recipient: one.state for one in deliveries}
    standing = frozenset(
        code for code, state in had.items() if state is not DeliveryState.REDIRECTED
    )
    found = ((one.code, _held(one, had, standing)) for one in named)
    return {code: held for code, held in found if held}


def held_in(sendings: Iterable[Iterable[Delivery]], named: Named) -> frozenset[OrganId]:
    """Return whose deliveries of a document a request means, by all its sendings."""
    held = (holders(deliveries, [named]) for deliveries in sendings)
    return frozenset(code for one in held for codes in one.values() for code in codes)


def having(
    earlier: Iterable[Iterable[Delivery]], *, latest: Iterable[Delivery]
) -> frozenset[OrganId]:
    """Return to whom the latest sending of a document is not to be given as well.

    They are in it; or they have an earlier one, which was not taken from them.
    """
    before = (one for deliveries in earlier for one in deliveries)
    kept = (one for one in before if one.state not in FINAL_DELIVERY_STATES)
    return frozenset(one.recipient for one in (*latest, *kept))


def decide_recall(
    document: Envelope,
    deliveries: Iterable[Delivery],
    *,
    recipients: Collection[OrganId] | None = None,
) -> RecallPlan | Refuse:
    """Tell whom a request reaches, or why it reaches nobody.

    Args:
        document: what is asked back.
        deliveries: all of its deliveries.
        recipients: from whom; None: from all of them.
    """
    if not is_recallable(document):
        return Refuse(ErrorCode.RECALL_NOT_ALLOWED, document.kind)
    concerned = [
        one for one in deliveries if recipients is None or one.recipient in recipients
    ]
    if not concerned:
        place = min(recipients) if recipients else ""
        return Refuse(ErrorCode.NOT_A_RECIPIENT, place)
    obstacles = {one.recipient: _obstacle(one) for one in concerned}
    reached = [one for one in concerned if obstacles[one.recipient] is None]
    if not reached:
        place = obstacles[concerned[0].recipient] or ""
        return Refuse(ErrorCode.RECALL_NOT_ALLOWED, place)
    return RecallPlan(
        at_once=tuple(one for one in reached if not _had_it(one)),
        asked=tuple(one for one in reached if _had_it(one)),
    )


def is_recallable(envelope: Envelope) -> bool:
    """Tell whether an envelope carries what can be asked back."""
    is_document = envelope.kind is EnvelopeKind.DOCUMENT
    return is_document and envelope.business_type is not BusinessType.RECALL


def meant_by_id(sent: Sequence[Envelope]) -> list[Envelope]:
    """Return what a document id means to an agency, oldest first.

    All it sent under the id itself; where that only updates what another agency sent
    under it, all that one sent, and what updates it.

    Args:
        sent: under the id: by the agency, then by each it succeeded.
    """
    if not sent:
        return []
    authors, first = _authors(sent), sent[0]
    own = {authors[one.envelope_id] for one in sent if one.sender == first.sender}
    author = first.sender if first.sender in own else authors[first.envelope_id]
    meant = (one for one in sent if author in {one.sender, authors[one.envelope_id]})
    return sorted(meant, key=lambda one: one.envelope_id)


def is_request(envelope: Envelope) -> bool:
    """Tell whether recipients answer an envelope by 15 or 16."""
    return envelope.business_type in _REQUESTS


def recalled(delivery: Delivery, request: EnvelopeId) -> DeliveryUpdate:
    """Take back what the recipient never had."""
    after = replace(delivery, state=DeliveryState.RECALLED, recall=Recall(request))
    return DeliveryUpdate(delivery, after)


def asked_back(delivery: Delivery, request: EnvelopeId) -> DeliveryUpdate:
    """Stop the recipient's reading until it answers."""
    return DeliveryUpdate(delivery, replace(delivery, recall=Recall(request)))


def decide_answer(delivery: Delivery, code: StatusCode) -> DeliveryUpdate | Refuse:
    """Let a recipient agree (15) or decline (16) once, while it is asked."""
    recall = delivery.recall
    if recall is None or delivery.state is DeliveryState.RECALLED:
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, code)
    if recall.answer is not None:
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, f"{recall.answer} → {code}")
    is_agreed = code is StatusCode.AGREED
    after = replace(
        delivery,
        state=DeliveryState.RECALLED if is_agreed else delivery.state,
        recall=replace(recall, answer=code),
    )
    return DeliveryUpdate(delivery, after)


def decide_reply(delivery: Delivery, code: StatusCode) -> DeliveryUpdate | Refuse:
    """Let a recipient answer an update or a replacement, once, when it can read it."""
    if delivery.answer is not None:
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, f"{delivery.answer} → {code}")
    return DeliveryUpdate(delivery, replace(delivery, answer=code))


def reach_of(delivery: Delivery) -> Reach:
    """Tell how far the recipient has come with a document."""
    if delivery.status not in _NOT_YET_ACTED:
        return Reach.ACTED
    return Reach.OPENED if _had_it(delivery) else Reach.NOT_OPENED


def _authors(sent: Iterable[Envelope]) -> dict[EnvelopeId, OrganId]:
    """Return of each document who sent it, or what it updates among them."""
    authors: dict[EnvelopeId, OrganId] = {}
    for one in sorted(sent, key=lambda one: one.envelope_id):
        ties = (tie.envelope_id for tie in one.links_of(LinkKind.UPDATES))
        updated = (authors[tie] for tie in ties if tie in authors)
        authors[one.envelope_id] = next(updated, one.sender)
    return authors


def _held(
    named: Named, had: Collection[OrganId], standing: frozenset[OrganId]
) -> frozenset[OrganId]:
    own = frozenset({named.code})
    if named.code in standing:
        return own
    reached = next((one for one in named.led_to if one in standing), named.code)
    instead = named.succeeded | {reached}
    return (instead & standing) or own.intersection(had)


def _had_it(delivery: Delivery) -> bool:
    return (
        delivery.opened
        or delivery.state is DeliveryState.ACKNOWLEDGED
        or delivery.status is not None
    )


def _obstacle(delivery: Delivery) -> str | None:
    """Return what keeps a delivery from being asked back, None if nothing does."""
    if delivery.state in FINAL_DELIVERY_STATES:
        return delivery.state
    if delivery.status is StatusCode.REFUSED:
        return f"{StatusCode.REFUSED} → {StatusCode.RECALL_REQUESTED}"
    if delivery.recall is not None and delivery.recall.answer is None:
        return delivery.recall.request
    return None
