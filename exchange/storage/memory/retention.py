"""Bodies that may go, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.records import Envelope
from exchange.storage.conflicts import purge_conflict
from exchange.storage.memory.steps import record
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.retention import Purge
from schemas.identifiers import EnvelopeId


class MemoryRetention:
    """Bodies that may go, and their going."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def kept(
        self, *, after: EnvelopeId, before: datetime, limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a body, accepted before a time, in the order of their ids."""
        found = (
            one
            for key, one in sorted(self._tables.envelopes.items())
            if key > after and one.purged_at is None and one.accepted_at < before
        )
        return [one for _, one in zip(range(limit), found, strict=False)]

    async def purge(self, purge: Purge) -> bool:
        """Store the step and remove the body, or nothing."""
        envelope = self._tables.envelopes[purge.envelope_id]
        if envelope.purged_at is not None:
            return False
        if self._is_unseen(purge):
            raise purge_conflict(purge.envelope_id)
        record(self._tables, [purge.step])
        self._tables.envelopes[purge.envelope_id] = replace(
            envelope, purged_at=purge.at
        )
        del self._tables.bodies[purge.envelope_id]
        usage = self._tables.usage
        for name, amount in purge.freed.items():
            usage[name] = usage.get(name, 0) - amount
        return True

    def _is_unseen(self, purge: Purge) -> bool:
        """Tell whether there is a delivery that was not looked at."""
        stored = (key for key in self._tables.deliveries if key[0] == purge.envelope_id)
        return not purge.looked_at.issuperset(recipient for _, recipient in stored)
