"""Saved lists of recipients."""

from dataclasses import dataclass
from datetime import datetime

from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientList:
    """A list an agency keeps under a name.

    Args:
        members: codes and groups of a level, as To may name them; no other lists.
    """

    owner: OrganId
    name: str
    members: tuple[OrganId, ...]
    saved_at: datetime
