"""The audit trail."""

from collections.abc import Sequence
from typing import Protocol

from exchange.domain.records import AuditLine


class AuditStore(Protocol):
    """The audit trail."""

    async def append(self, line: AuditLine) -> None:
        """Store one line."""

    async def lines(self, *, limit: int) -> Sequence[AuditLine]:
        """The newest lines, newest first."""
