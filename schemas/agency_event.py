"""One change of agencies, as the directory tells of it and the log attests it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from schemas.identifiers import OrganId
from schemas.timestamps import format_utc
from schemas.vocabulary import AgencyChange

AGENCY_EVENT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyEvent:
    """A dated change of one or several agencies.

    Args:
        event_id: ULID, given by the hub.
        effective: from when it counts; may lie before or after `recorded_at`.
        agencies: those it happens to.
        results: those that stand in their place, or above them after a move.
        successor: where the documents of the closed ones go; None if nowhere.
        name: afterwards, where it changes.
        reason: in words.
        legal_basis: the decision behind it.
        actor: who recorded it.
    """

    event_id: str
    change: AgencyChange
    effective: datetime
    recorded_at: datetime
    agencies: tuple[OrganId, ...]
    results: tuple[OrganId, ...] = ()
    successor: OrganId | None = None
    name: str = ""
    reason: str
    legal_basis: str = ""
    actor: str

    def fields(self) -> dict[str, Any]:
        """Return the event as JSON has it."""
        return {
            "v": AGENCY_EVENT_VERSION,
            "id": self.event_id,
            "change": str(self.change),
            "effective": format_utc(self.effective),
            "recorded_at": format_utc(self.recorded_at),
            "agencies": list(self.agencies),
            "results": list(self.results),
            "successor": self.successor,
            "name": self.name,
            "reason": self.reason,
            "legal_basis": self.legal_basis,
            "actor": self.actor,
        }

    def canonical(self) -> bytes:
        """Return the event's bytes (RFC 8785), which its log entry attests."""
        return rfc8785.dumps(self.fields())
