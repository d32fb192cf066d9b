"""What callers have used, by name."""

from datetime import UTC, datetime, time, timedelta

from schemas.identifiers import OrganId, SystemId

_DAY = "day:"


def sent_today(system: SystemId, now: datetime) -> str:
    """Name what a system sends within one day (UTC)."""
    return f"{day_of(now)}:{system}"


def stored_for(agency: OrganId) -> str:
    """Name what is stored of an agency's documents."""
    return f"stored:{agency}"


def day_of(now: datetime) -> str:
    """Return the beginning of all names of a day; later days are greater."""
    return f"{_DAY}{now.astimezone(UTC):%Y-%m-%d}"


def seconds_left(now: datetime) -> float:
    """Return how long this day (UTC) still lasts."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, time(), UTC) - now).total_seconds()
