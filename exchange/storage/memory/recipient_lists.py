"""Saved lists of recipients in memory."""

from collections.abc import Collection, Sequence

from exchange.domain.recipient_lists import RecipientList
from exchange.domain.records import AuditLine
from exchange.storage.memory.tables import Tables
from schemas.identifiers import OrganId


class MemoryRecipientLists:
    """Lists of recipients, by their owner and name."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def save(self, saved: RecipientList, *, audit: AuditLine) -> None:
        """Insert or replace a list."""
        self._tables.recipient_lists[saved.owner, saved.name] = saved
        self._tables.audit.append(audit)

    async def remove(self, owner: OrganId, name: str, *, audit: AuditLine) -> bool:
        """Remove a list; False if there is none."""
        if self._tables.recipient_lists.pop((owner, name), None) is None:
            return False
        self._tables.audit.append(audit)
        return True

    async def find(self, owner: OrganId, name: str) -> RecipientList | None:
        """Find a list."""
        return self._tables.recipient_lists.get((owner, name))

    async def lists(self, owner: OrganId) -> Sequence[RecipientList]:
        """All lists of an agency, ordered by name."""
        kept = self._tables.recipient_lists
        return [kept[key] for key in sorted(kept) if key[0] == owner]

    async def naming(self, members: Collection[OrganId]) -> Sequence[RecipientList]:
        """Lists of all agencies that name one of `members` itself, by their keys."""
        wanted = set(members)
        every = self._tables.recipient_lists
        keys = sorted(every, key="/".join)
        return [every[key] for key in keys if wanted & {*every[key].members}]
