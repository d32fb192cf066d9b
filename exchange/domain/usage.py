"""What callers have used, by name."""

from datetime import UTC, datetime, time, timedelta

from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import Level

TRAFFIC_KEPT = timedelta(days=8)
"""How long it is known what was sent in each hour."""

_DAY = "day:"
_HOUR = "hour:"


def sent_today(system: SystemId, now: datetime) -> str:
    """Name what a system sends within one day (UTC)."""
    return f"{day_of(now)}:{system}"


def documents_in_hour(level: Level, now: datetime) -> str:
    """Name how many documents agencies of a level send within one hour (UTC)."""
    return f"{hour_of(now)}:{level}:documents"


def bytes_in_hour(level: Level, now: datetime) -> str:
    """Name how many bytes agencies of a level send within one hour (UTC)."""
    return f"{hour_of(now)}:{level}:bytes"


def hour_of(now: datetime) -> str:
    """Return the beginning of all names of an hour; later hours are greater."""
    return _HOUR + now.astimezone(UTC).isoformat()[: len("2026-11-21T05")]


def stored_for(agency: OrganId) -> str:
    """Name what is stored of an agency's documents."""
    return f"stored:{agency}"


def day_of(now: datetime) -> str:
    """Return the beginning of all names of a day; later days are greater."""
    return _DAY + now.astimezone(UTC).date().isoformat()


def seconds_left(now: datetime) -> float:
    """Return how long this day (UTC) still lasts."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, time(), UTC) - now).total_seconds()
