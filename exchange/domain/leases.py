"""Until when somebody has a job alone, by clocks that may be wrong."""

from datetime import datetime, timedelta

CLOCKS_APART = timedelta(minutes=1)
"""How far the clocks of two processes of a hub may be apart; a second is asked for."""


def latest_end(now: datetime, *, seconds: float) -> datetime:
    """Return the latest end that an owner can have given to a lease by now.

    A later one was written by a clock that was ahead. Whoever still lives renews it
    with an earlier end; it would keep all others waiting for as long as that clock was
    ahead, if its owner was killed.

    Args:
        now: of who asks.
        seconds: how long the lease lasts.
    """
    return now + timedelta(seconds=seconds) + CLOCKS_APART


def is_free(until: datetime, now: datetime, *, seconds: float) -> bool:
    """Tell whether somebody else's lease is over, or none that can be."""
    return until <= now or until > latest_end(now, seconds=seconds)
