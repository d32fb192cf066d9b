"""Documents found by what they are, and by their ties to one another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.vocabulary import BusinessType


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentQuery:
    """Documents of one sender under either of their names.

    Args:
        document_id: its own id; None is not asked for.
        code: number and notation, unique within a `year`; empty is not asked for.
        reaching: of those that `sent_as` finds, leave out what reached none of these
            agencies; what somebody was added to later stays in.
        without: of those that `sent_as` finds, leave out this type.
    """

    sender: OrganId
    document_id: DocumentId | None = None
    code: str = ""
    year: int | None = None
    reaching: frozenset[OrganId] | None = None
    without: BusinessType | None = None

    def names(self, document: KnownDocument) -> bool:
        """Tell whether a document is one of these."""
        if document.sender != self.sender:
            return False
        has_code = bool(self.code) and self.year is not None
        by_code = (document.code, document.year) == (self.code, self.year)
        by_id = self.document_id is not None
        return (has_code and by_code) or (
            by_id and document.document_id == self.document_id
        )


class DocumentStore(Protocol):
    """Documents found by what they are, and by their ties to one another."""

    async def sent_as(self, query: DocumentQuery, *, limit: int) -> Sequence[Envelope]:
        """Documents that have one of the names asked for, oldest first."""

    async def first_new(self, query: DocumentQuery) -> KnownDocument | None:
        """Find the oldest new document that has one of the names asked for."""

    async def linked_to(
        self, envelope_id: EnvelopeId, *, shown_to: Collection[OrganId], limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a tie to this one that some agencies may see, oldest first.

        One of them is the sender, or a recipient whom the tie does not leave out.
        """

    async def open_payload(
        self, envelope_id: EnvelopeId, recipients: Collection[OrganId]
    ) -> bool:
        """Note that the payload is handed out to these recipients.

        To those whose delivery can be read and is not asked back; False if it is none
        of them. What is noted stays.
        """
