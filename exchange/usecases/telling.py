"""A status whose reporter is known, and what it does."""

from dataclasses import dataclass

from exchange.domain.recalls import RecallPlan
from exchange.domain.records import Delivery, DeliveryUpdate, Envelope, StatusChange
from schemas.edxml.status import EdxmlStatus
from schemas.identifiers import OrganId
from schemas.vocabulary import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A status whose reporter is known and may speak, and the envelope it names.

    Args:
        reporter: the party of that envelope for which it is told.
        answers_for: those whose part an answer may be: the first of them that is asked.
        names_agency: whether it says for whom it is told.
        delivery: of that envelope to the reporter, as it was a moment ago; None if
            that is to be looked at.
    """

    status: EdxmlStatus
    reporter: OrganId
    answers_for: tuple[OrganId, ...]
    named: Envelope
    names_agency: bool = False
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a status does.

    Args:
        about: the envelope its step receipt is about.
        key: of that receipt; None: it bears the id of the status itself.
        recipient: the delivery the receipt is about; None: all of them.
        to: who gets the status into the inbox.
        change: what becomes of the processing.
        updates: what becomes of deliveries of that envelope.
        further: what becomes of other envelopes, each with a receipt of its own.
        plan: whom a recall reaches.
        request: what is answered.
        reach: how far the recipient had come.
    """

    about: Envelope
    key: str | None
    recipient: OrganId | None
    to: tuple[OrganId, ...]
    change: StatusChange | None = None
    updates: tuple[DeliveryUpdate, ...] = ()
    further: tuple[tuple[Envelope, DeliveryUpdate], ...] = ()
    plan: RecallPlan | None = None
    request: Envelope | None = None
    reach: Reach | None = None
