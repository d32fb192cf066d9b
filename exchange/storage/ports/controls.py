"""What operators switch, and what callers have used."""

from collections.abc import Collection, Mapping
from typing import Protocol

from exchange.domain.maintenance import Maintenance
from exchange.domain.records import AuditLine


class ControlStore(Protocol):
    """What operators switch for all processes."""

    async def maintenance(self) -> Maintenance | None:
        """Whether nothing is taken in."""

    async def set_maintenance(
        self, maintenance: Maintenance | None, *, audit: AuditLine
    ) -> None:
        """Begin or end maintenance."""


class UsageStore(Protocol):
    """What callers have used; counted by all processes, approximately."""

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Add to what is counted under each name."""

    async def totals(self, names: Collection[str]) -> Mapping[str, int]:
        """Return what is counted under names; 0 is left out."""

    async def drop(self, *, before: str) -> int:
        """Forget the days or hours before one; return how many names.

        Args:
            before: from `domain.usage.day_of` or `hour_of`.
        """

    async def room(self) -> int:
        """Bytes that everything stored takes on disk."""
