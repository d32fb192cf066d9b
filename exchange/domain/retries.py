"""When something that failed is tried again, and when it is given up.

The pauses are 20 s, 1 min, 3 min, 9 min, 27 min, then 1 h, each shortened by up to a
fifth by chance, so that what failed together does not come back together. Only after
100 hours is a failure final: long enough for a weekend and the Monday after it.
"""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(hours=1)
PERSISTENCE = timedelta(hours=100)
"""How long after the first failure it is tried again."""

_GROWTH = 3.0
_JITTER = 0.2
_GROWN_UP = 5
"""Failures after which the pause no longer grows."""


def pause_after(failures: int, *, chance: float) -> timedelta:
    """Return the pause after so many failures.

    Args:
        failures: how many there have been, at least 1.
        chance: from 0 up to 1, drawn anew for each pause.
    """
    growth: float = _GROWTH ** (min(failures, _GROWN_UP + 1) - 1)
    return min(FIRST_PAUSE * growth, LONGEST_PAUSE) * (1 - _JITTER * chance)


def next_try(
    failures: int, *, first: datetime, now: datetime, chance: float
) -> datetime | None:
    """Return when to try again after a failure; None when it was the last one.

    Args:
        failures: how many there have been, this one included.
        first: when the first of them was.
        now: when this one was.
        chance: from 0 up to 1, drawn anew for each pause.
    """
    if now - first >= PERSISTENCE:
        return None
    return now + pause_after(failures, chance=chance)
