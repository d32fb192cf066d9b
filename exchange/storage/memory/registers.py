"""Register numbers in memory."""

from collections.abc import Collection, Sequence

from exchange.domain.records import AuditLine, Envelope
from exchange.domain.registers import RegisterNumber
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.registers import SendingQuery
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import EnvelopeKind


class MemoryRegisters:
    """Numbers under which documents are registered, and what was sent."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers: dict[tuple[EnvelopeId, OrganId], RegisterNumber] = {}

    async def record(self, number: RegisterNumber, *, audit: AuditLine) -> bool:
        """Store the number of a document, or correct it."""
        key = (number.envelope_id, number.recipient)
        for other, held in self._numbers.items():
            if _place(held) == _place(number):
                return other == key
        self._numbers[key] = number
        self._tables.audit.append(audit)
        return True

    async def numbers(
        self, keys: Collection[tuple[EnvelopeId, OrganId]]
    ) -> Sequence[RegisterNumber]:
        """Numbers of deliveries."""
        return [self._numbers[one] for one in sorted(keys) if one in self._numbers]

    async def sent(self, query: SendingQuery) -> Sequence[Envelope]:
        """Documents an agency sent within a time."""
        found = [
            one
            for key, one in sorted(self._tables.envelopes.items())
            if one.sender == query.sender
            and one.kind is EnvelopeKind.DOCUMENT
            and query.since <= one.accepted_at < query.until
            and (query.after is None or key > query.after)
        ]
        return found[: query.limit]


def _place(number: RegisterNumber) -> tuple[OrganId, int, int]:
    return number.recipient, number.year, number.number
