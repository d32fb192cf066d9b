"""The audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exchange.domain.records import AuditLine
from schemas.vocabulary import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which lines, the newest first; what is None or empty does not narrow it.

    Args:
        actor: exactly this one.
        subject: exactly this one.
        code: exactly this one; empty, too, narrows it: to what was not refused.
        since: from then on.
        until: before then.
        before: `AuditPage.older` of the page before; empty on the first.
        limit: most of them.
    """

    event: AuditEvent | None = None
    actor: str = ""
    subject: str = ""
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some lines.

    Args:
        older: where the next page begins; empty on the last one.
    """

    lines: tuple[AuditLine, ...]
    older: str


class AuditStore(Protocol):
    """The audit trail."""

    async def append(self, line: AuditLine) -> None:
        """Store one line."""

    async def lines(self, *, limit: int) -> Sequence[AuditLine]:
        """The newest lines, newest first."""

    async def search(self, query: AuditQuery) -> AuditPage:
        """A page of the lines that fit, newest first.

        Raises:
            ExchangeError: `before` is not from a page of this trail (REQUEST_INVALID).
        """
