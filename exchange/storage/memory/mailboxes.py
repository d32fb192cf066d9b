"""Mail as people look through it, in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from exchange.domain.records import Envelope, InboxItem
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.mailboxes import SentQuery
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState, EnvelopeKind


class MemoryMailboxes:
    """Mail as people look through it."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def arrived(
        self, recipient: OrganId, *, before: int | None, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index below `before`, newest first."""
        found = sorted(
            (one.log_index, one.envelope_id, one)
            for one in self._tables.deliveries.values()
            if one.recipient == recipient
            and one.log_index is not None
            and (before is None or one.log_index < before)
        )
        return [
            InboxItem(one, self._tables.envelopes[one.envelope_id])
            for _, _, one in found[::-1][:limit]
        ]

    async def sent(self, query: SentQuery) -> Sequence[Envelope]:
        """Documents an agency sent, newest first."""
        found = sorted(
            (
                one
                for one in self._tables.envelopes.values()
                if one.sender == query.sender
                and one.kind is EnvelopeKind.DOCUMENT
                and (query.before is None or one.envelope_id < query.before)
            ),
            key=lambda one: one.envelope_id,
            reverse=True,
        )
        return found[: query.limit]

    async def states(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Mapping[EnvelopeId, Mapping[DeliveryState, int]]:
        """How many deliveries of each envelope are in each state."""
        return {
            wanted: Counter(
                one.state
                for one in self._tables.deliveries.values()
                if one.envelope_id == wanted
            )
            for wanted in envelope_ids
        }
