"""What somebody looks for among mail: pure, and the same for every kind of storage."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from exchange.domain.records import Envelope
from schemas.folding import folded
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFilter:
    """What mail has to be; what is not named may be anything.

    Args:
        words: beginnings of words of subject, number, notation, kind of one-stop
            dossier or steering tasks, folded; all of them.
        parties: the other side is one of these: the sender of what arrived, a
            recipient of what was sent; None: anybody.
        since: not accepted before.
        until: accepted before.
        urgency: as urgent as this, or more.
        state: of the delivery; of what was sent, of any of its deliveries.
        paper: whether a paper copy is announced.
    """

    words: tuple[str, ...] = ()
    parties: frozenset[OrganId] | None = None
    since: datetime | None = None
    until: datetime | None = None
    urgency: int = 0
    state: DeliveryState | None = None
    paper: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == MailFilter()


def matches(
    wanted: MailFilter,
    envelope: Envelope,
    *,
    parties: Collection[OrganId],
    states: Collection[DeliveryState],
) -> bool:
    """Tell whether an envelope is what somebody looks for.

    Args:
        wanted: what is looked for.
        envelope: one envelope.
        parties: the other side of it.
        states: of the deliveries concerned.
    """
    return (
        (wanted.parties is None or bool(wanted.parties & frozenset(parties)))
        and (wanted.since is None or envelope.accepted_at >= wanted.since)
        and (wanted.until is None or envelope.accepted_at < wanted.until)
        and envelope.urgency >= wanted.urgency
        and (wanted.state is None or wanted.state in states)
        and (wanted.paper is None or wanted.paper is bool(envelope.matter.paper))
        and _has_words(envelope, wanted.words)
    )


def _has_words(envelope: Envelope, words: Collection[str]) -> bool:
    matter = envelope.matter
    parts = (envelope.document_code, envelope.subject, matter.application)
    text = folded(" ".join((*parts, *matter.tasks)))
    return all(re.search(rf"(?<![^\W_]){re.escape(one)}", text) for one in words)
