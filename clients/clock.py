"""The time of this machine, where nobody gives another clock."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
