"""Put counts right after the directory was: where agencies stood, and sums of levels.

Counts are placed as the directory has it when they are made, and stay there. Where the
directory was wrong (a parent that was entered later, a wrong level), so are they.
"""

from collections.abc import Iterator, Mapping

from exchange.domain.directory import Directory
from exchange.services import Office
from exchange.usecases.auditing import audit_line
from exchange.usecases.statistics import require_month
from schemas.vocabulary import AuditEvent


async def recount_statistics(
    office: Office,
    directory: Directory,
    first_month: str,
    last_month: str,
    *,
    operator: str,
) -> Mapping[str, int]:
    """Place the counts of some months anew, a month at a time.

    Args:
        office: storage and clock.
        directory: has where agencies stood at the beginning of each month.
        first_month: as in ``2026-11``.
        last_month: likewise, included.
        operator: who asks for it, for the audit trail.

    Returns:
        For each month how many agencies count below others than before.

    Raises:
        ExchangeError: a month is none (REQUEST_INVALID).
    """
    moved = {}
    for month in _months(first_month, last_month):
        line = audit_line(
            AuditEvent.STATISTICS_RECOUNTED,
            at=office.now(),
            actor=operator,
            subject=month,
        )
        found = await office.storage.docket.recount(month, directory, line)
        moved[month] = len(found)
    return moved


def _months(first: str, last: str) -> Iterator[str]:
    """Yield the months from one to another, both included."""
    month = require_month(first)
    while month <= require_month(last):
        yield month
        year, number = map(int, month.split("-"))
        month = f"{year + number // 12}-{number % 12 + 1:02}"
