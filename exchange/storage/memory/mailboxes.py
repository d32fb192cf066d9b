"""Mail as people look through it, in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from exchange.domain.mail_filter import matches
from exchange.domain.records import Envelope, InboxItem
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.mailboxes import (
    ArrivedFound,
    ArrivedSearch,
    SentFound,
    SentQuery,
    SentSearch,
)
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState, EnvelopeKind

_Row = TypeVar("_Row", InboxItem, Envelope)


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

    async def search_arrived(self, query: ArrivedSearch) -> ArrivedFound:
        """Visible deliveries that are what is wanted, newest first."""
        every = await self.arrived(
            query.recipient, before=query.before, limit=len(self._tables.deliveries)
        )
        walked = [one for one in every if (one.delivery.log_index or 0) >= query.since]
        found = [
            one
            for one in walked[: query.examined]
            if matches(
                query.wanted,
                one.envelope,
                parties=(one.envelope.sender,),
                states=(one.delivery.state,),
            )
        ]
        last = _last_seen(walked, found, limit=query.limit, examined=query.examined)
        older = last.delivery.log_index if last else None
        return ArrivedFound(tuple(found[: query.limit]), older)

    async def search_sent(self, query: SentSearch) -> SentFound:
        """Documents an agency sent that are what is wanted, newest first."""
        every = SentQuery(
            sender=query.sender,
            before=query.before,
            limit=len(self._tables.envelopes),
        )
        walked = [
            one for one in await self.sent(every) if one.envelope_id >= query.since
        ]
        ids = [one.envelope_id for one in walked]
        states, reached = await self.states(ids), self._reached(ids)
        found = [
            one
            for one in walked[: query.examined]
            if matches(
                query.wanted,
                one,
                parties=reached[one.envelope_id],
                states=states[one.envelope_id].keys(),
            )
        ]
        last = _last_seen(walked, found, limit=query.limit, examined=query.examined)
        older = last.envelope_id if last else None
        return SentFound(tuple(found[: query.limit]), older)

    def _reached(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Mapping[EnvelopeId, Collection[OrganId]]:
        """Return who has a delivery of each, recipients whom updates added as well."""
        found: dict[EnvelopeId, list[OrganId]] = {one: [] for one in envelope_ids}
        for one in self._tables.deliveries.values():
            if one.envelope_id in found:
                found[one.envelope_id].append(one.recipient)
        return found

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


def _last_seen(
    walked: Sequence[_Row], found: Sequence[_Row], *, limit: int, examined: int
) -> _Row | None:
    """Return the row after which a search goes on; None where all were seen."""
    if len(found) > limit:
        return found[limit - 1]
    return walked[examined - 1] if len(walked) > examined else None
