"""Mail as people look through it: the newest first, a page at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from exchange.domain.records import Envelope, InboxItem
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class SentQuery:
    """Documents an agency sent.

    Args:
        before: only older ones than this.
        limit: most of them.
    """

    sender: OrganId
    before: EnvelopeId | None = None
    limit: int = 50


class MailboxStore(Protocol):
    """Mail as people look through it."""

    async def arrived(
        self, recipient: OrganId, *, before: int | None, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index below `before`, newest first."""

    async def sent(self, query: SentQuery) -> Sequence[Envelope]:
        """Documents an agency sent, newest first."""

    async def states(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Mapping[EnvelopeId, Mapping[DeliveryState, int]]:
        """How many deliveries of each envelope are in each state."""
