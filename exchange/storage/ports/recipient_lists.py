"""Saved lists of recipients."""

from collections.abc import Collection, Sequence
from typing import Protocol

from exchange.domain.recipient_lists import RecipientList
from exchange.domain.records import AuditLine
from schemas.identifiers import OrganId


class RecipientListStore(Protocol):
    """Lists of recipients, by their owner and name."""

    async def save(self, saved: RecipientList, *, audit: AuditLine) -> None:
        """Insert or replace a list."""

    async def remove(self, owner: OrganId, name: str, *, audit: AuditLine) -> bool:
        """Remove a list; False if there is none."""

    async def find(self, owner: OrganId, name: str) -> RecipientList | None:
        """Find a list."""

    async def lists(self, owner: OrganId) -> Sequence[RecipientList]:
        """All lists of an agency, ordered by name."""

    async def naming(self, members: Collection[OrganId]) -> Sequence[RecipientList]:
        """Lists of all agencies that name one of `members` itself, by their keys."""
