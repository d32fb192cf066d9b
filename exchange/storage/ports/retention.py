"""Bodies that may go, and their going."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from exchange.domain.records import Envelope, StepRecord
from schemas.identifiers import EnvelopeId, OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """Everything that becomes durable when a body goes.

    Args:
        step: says so; its updates hold the deliveries as they were looked at.
        at: when.
        freed: by the names under which usage is counted, how much goes with it.
    """

    envelope_id: EnvelopeId
    step: StepRecord
    at: datetime
    freed: Mapping[str, int] = field(default_factory=dict)

    @property
    def looked_at(self) -> frozenset[OrganId]:
        """The recipients whose deliveries were looked at."""
        return frozenset(one.before.recipient for one in self.step.updates)


class RetentionStore(Protocol):
    """Bodies that may go, and their going."""

    async def kept(
        self, *, after: EnvelopeId, before: datetime, limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a body, accepted before a time, in the order of their ids."""

    async def purge(self, purge: Purge) -> bool:
        """Store the step and remove the body, or nothing.

        Returns:
            False when the body is gone already.

        Raises:
            StateConflictError: a delivery is not as it was looked at, or is new.
        """
