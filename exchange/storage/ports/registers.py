"""What registers of documents are made of, beside the docket."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exchange.domain.records import AuditLine, Envelope
from exchange.domain.registers import RegisterNumber
from schemas.identifiers import EnvelopeId, OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingQuery:
    """Documents an agency sent, oldest first.

    Args:
        since: accepted from this moment on.
        until: accepted before this one.
        after: the last one seen.
        limit: most of them.
    """

    sender: OrganId
    since: datetime
    until: datetime
    after: EnvelopeId | None = None
    limit: int = 500


class RegisterStore(Protocol):
    """Numbers under which documents are registered, and what was sent."""

    async def record(self, number: RegisterNumber, *, audit: AuditLine) -> bool:
        """Store the number of a document, or correct it.

        False, and nothing stored, if it is another document's of the same recipient
        and year. The same again stores no second audit line.
        """

    async def numbers(
        self, keys: Collection[tuple[EnvelopeId, OrganId]]
    ) -> Sequence[RegisterNumber]:
        """Numbers of deliveries."""

    async def sent(self, query: SendingQuery) -> Sequence[Envelope]:
        """Documents an agency sent within a time."""
