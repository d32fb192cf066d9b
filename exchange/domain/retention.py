"""When the body of an envelope may go; everything else about it stays for ever.

Invariants:
    - A body goes only when nobody waits for it: every delivery is done with, no recall
      is open, and its retention has passed (design, invariant 5).
    - A status goes no earlier than the document it reports on: it is part of that
      document's evidence.
    - Message ids, receipts, log entries and the fact itself stay: a repeat is answered
      as before (design, invariant 2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exchange.domain.records import Delivery, Envelope
from schemas.document_kinds import document_kind_by_abbreviation
from schemas.vocabulary import (
    FINAL_DELIVERY_STATES,
    DeliveryState,
    EnvelopeKind,
    StatusCode,
)

_DAYS_PER_YEAR = 365.25
_DONE = FINAL_DELIVERY_STATES | {DeliveryState.ACKNOWLEDGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long bodies are kept.

    Args:
        years: of what no kind says otherwise about; 0: for ever.
        kinds: years by abbreviation of the document's kind; 0: for ever.
        dead_letters: deliveries that were given up are closed by this purge.
    """

    years: float = 0.0
    kinds: Mapping[str, float] = field(default_factory=dict)
    dead_letters: bool = False

    @property
    def shortest(self) -> timedelta | None:
        """The shortest time anything is kept; None: everything for ever."""
        years = [one for one in (self.years, *self.kinds.values()) if one]
        return timedelta(days=min(years) * _DAYS_PER_YEAR) if years else None


def is_purgeable(
    envelope: Envelope,
    deliveries: Iterable[Delivery],
    policy: RetentionPolicy,
    now: datetime,
    *,
    is_evidence: bool = False,
) -> bool:
    """Tell whether the body may go now.

    Args:
        envelope: whose body.
        deliveries: all of it.
        policy: how long bodies are kept.
        now: the moment.
        is_evidence: it is a status, and the document it reports on has its body yet.
    """
    if envelope.purged_at is not None or not is_past_retention(envelope, policy, now):
        return False
    return not is_evidence and all(is_done(one, policy) for one in deliveries)


def is_done(delivery: Delivery, policy: RetentionPolicy) -> bool:
    """Tell whether nobody waits for a delivery any more."""
    if delivery.recall is not None and delivery.recall.answer is None:
        return delivery.state is DeliveryState.RECALLED
    is_given_up = delivery.state is DeliveryState.DEAD_LETTER
    return (
        delivery.state in _DONE
        or delivery.status is StatusCode.REFUSED
        or (is_given_up and policy.dead_letters)
    )


def is_past_retention(
    envelope: Envelope, policy: RetentionPolicy, now: datetime
) -> bool:
    """Tell whether the time has passed for which a body is kept."""
    years = policy.kinds.get(kind_of(envelope), policy.years)
    kept = timedelta(days=years * _DAYS_PER_YEAR)
    return bool(years) and envelope.accepted_at + kept <= now


def kind_of(envelope: Envelope) -> str:
    """Return the abbreviation of a document's kind, by its number and notation.

    ``15/QĐ-UBND`` and ``15/2026/QĐ-UBND`` are decisions; an official letter has none.
    """
    if envelope.kind is not EnvelopeKind.DOCUMENT:
        return ""
    notation = envelope.document_code.rpartition("/")[2]
    found = document_kind_by_abbreviation(notation.partition("-")[0])
    return found.abbreviation if found else ""
