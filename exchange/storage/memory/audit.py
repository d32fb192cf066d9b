"""The audit trail in memory."""

from collections.abc import Sequence

from exchange.domain.records import AuditLine
from exchange.errors import ExchangeError
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.audit import AuditPage, AuditQuery
from schemas.errors import ErrorCode


class MemoryAudit:
    """The audit trail in memory."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def append(self, line: AuditLine) -> None:
        """Store one line."""
        self._tables.audit.append(line)

    async def lines(self, *, limit: int) -> Sequence[AuditLine]:
        """The newest lines, newest first."""
        return [line for _, line in self._newest_first()][:limit]

    async def search(self, query: AuditQuery) -> AuditPage:
        """A page of the lines that fit, newest first."""
        numbered = self._newest_first()
        if query.before:
            begin = _position(query.before, [number for number, _ in numbered])
            numbered = numbered[begin + 1 :]
        found = [one for one in numbered if _fits(one[1], query)]
        page = found[: query.limit]
        older = str(page[-1][0]) if len(found) > query.limit else ""
        return AuditPage(tuple(line for _, line in page), older)

    def _newest_first(self) -> list[tuple[int, AuditLine]]:
        numbered = enumerate(self._tables.audit)
        return sorted(numbered, key=lambda one: (one[1].at, one[0]), reverse=True)


def _position(before: str, numbers: Sequence[int]) -> int:
    try:
        return numbers.index(int(before))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="before") from error


def _fits(line: AuditLine, query: AuditQuery) -> bool:
    return (
        query.event in {None, line.event}
        and query.actor in {"", line.actor}
        and query.subject in {"", line.subject}
        and query.code in {None, line.code}
        and (query.since is None or query.since <= line.at)
        and (query.until is None or line.at < query.until)
    )
