"""What was sent in each of the last hours, by level; counted as it was accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.domain.usage import bytes_in_hour, documents_in_hour
from exchange.services import Office
from schemas.vocabulary import Level

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfTraffic:
    """What was sent within one hour.

    Args:
        since: its beginning.
        documents: how many, by the level of their senders.
        size: their bytes, by the level of their senders.
    """

    since: datetime
    documents: Mapping[Level, int]
    size: Mapping[Level, int]


async def traffic(office: Office, *, hours: int = 48) -> tuple[HourOfTraffic, ...]:
    """Return the last hours, the oldest first; the present one is not over yet.

    What processes have not told yet (a few seconds) is not in it.
    """
    present = office.now().replace(minute=0, second=0, microsecond=0)
    moments = [present - number * _HOUR for number in reversed(range(hours))]
    names = [
        name(level, at)
        for at in moments
        for level in Level
        for name in (documents_in_hour, bytes_in_hour)
    ]
    totals = await office.storage.usage.totals(names)
    return tuple(
        HourOfTraffic(
            since=at,
            documents={
                level: totals.get(documents_in_hour(level, at), 0) for level in Level
            },
            size={level: totals.get(bytes_in_hour(level, at), 0) for level in Level},
        )
        for at in moments
    )
