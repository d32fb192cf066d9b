"""Documents found by what they are, and by their ties to one another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from exchange.domain.records import Envelope
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.vocabulary import EnvelopeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentQuery:
    """Documents of one sender under either of their names.

    Args:
        document_id: its own id; None is not asked for.
        code: number and notation, unique within a `year`; empty is not asked for.
    """

    sender: OrganId
    document_id: DocumentId | None = None
    code: str = ""
    year: int | None = None

    def names(self, envelope: Envelope) -> bool:
        """Tell whether an envelope is one of these documents."""
        of_sender = envelope.sender == self.sender
        if not of_sender or envelope.kind is not EnvelopeKind.DOCUMENT:
            return False
        promulgated = envelope.matter.promulgated
        by_code = (
            bool(self.code)
            and envelope.document_code == self.code
            and promulgated is not None
            and promulgated.year == self.year
        )
        by_id = self.document_id is not None
        return by_code or (by_id and envelope.document_id == self.document_id)


class DocumentStore(Protocol):
    """Documents found by what they are, and by their ties to one another."""

    async def sent_as(self, query: DocumentQuery, *, limit: int) -> Sequence[Envelope]:
        """Documents that have one of the names asked for, oldest first."""

    async def first_new(self, query: DocumentQuery) -> Envelope | None:
        """Find the oldest new document that has one of the names asked for."""

    async def linked_to(
        self, envelope_id: EnvelopeId, *, limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a tie to this one, oldest first."""

    async def open_payload(
        self, envelope_id: EnvelopeId, recipients: Collection[OrganId]
    ) -> bool:
        """Note that the payload is handed out to these recipients.

        To those whose delivery can be read and is not asked back; False if it is none
        of them. What is noted stays.
        """
