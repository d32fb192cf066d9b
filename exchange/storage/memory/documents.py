"""Documents by their names and ties, in memory."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from exchange.domain.links import Link
from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument, known_document
from exchange.domain.steps import is_readable
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.documents import DocumentQuery
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import BusinessType, EnvelopeKind


class MemoryDocuments:
    """Documents by their names and ties."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def sent_as(self, query: DocumentQuery, *, limit: int) -> Sequence[Envelope]:
        """Documents that have one of the names asked for, oldest first."""
        found = (
            one
            for one in self._named(query)
            if one.business_type is not query.without and self._reached(one, query)
        )
        return list(islice(found, limit))

    async def first_new(self, query: DocumentQuery) -> KnownDocument | None:
        """Find the oldest new document that has one of the names asked for."""
        new = (
            known_document(one)
            for one in self._named(query)
            if one.business_type is BusinessType.NEW
        )
        return next(new, None)

    async def linked_to(
        self, envelope_id: EnvelopeId, *, shown_to: Collection[OrganId], limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a tie to this one that some agencies may see, oldest first."""
        found = (
            one
            for one in self._tables.envelopes.values()
            if any(
                link.envelope_id == envelope_id and _is_shown(one, link, shown_to)
                for link in one.links
            )
        )
        return _oldest_first(found)[:limit]

    async def open_payload(
        self, envelope_id: EnvelopeId, recipients: Collection[OrganId]
    ) -> bool:
        """Note that the payload is handed out to these recipients."""
        deliveries = self._tables.deliveries
        keys = [(envelope_id, one) for one in recipients]
        open_keys = [
            one for one in keys if one in deliveries and is_readable(deliveries[one])
        ]
        for key in open_keys:
            deliveries[key] = replace(deliveries[key], opened=True)
        return bool(open_keys)

    def _reached(self, envelope: Envelope, query: DocumentQuery) -> bool:
        named = envelope.recipients
        if query.reaching is None or not query.reaching.isdisjoint(named):
            return True
        had = (
            code for of, code in self._tables.deliveries if of == envelope.envelope_id
        )
        return any(code not in named for code in had)

    def _named(self, query: DocumentQuery) -> list[Envelope]:
        return _oldest_first(
            one
            for one in self._tables.envelopes.values()
            if one.kind is EnvelopeKind.DOCUMENT and query.names(known_document(one))
        )


def _is_shown(envelope: Envelope, link: Link, agencies: Collection[OrganId]) -> bool:
    is_shown = link.is_shown_to(agencies, of=envelope.recipients)
    return envelope.sender in agencies or is_shown


def _oldest_first(envelopes: Iterable[Envelope]) -> list[Envelope]:
    return sorted(envelopes, key=lambda one: one.envelope_id)
