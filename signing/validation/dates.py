"""Whether the times in a bundle can be true together.

A receipt, its log entry, the head of the log and the manifest each say when. Whoever
dates one back, so that a key counts that was revoked by then, contradicts the others;
which of them is wrong nobody can tell offline, so the bundle is left undecided.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from schemas.errors import ErrorCode
from signing.validation.findings import Finding, not_checked

CLOCKS_APART = timedelta(minutes=5)
"""How far a signer's clock may be ahead of the hub's; it takes in nothing beyond."""

_CLOCK_BEHIND = timedelta(hours=72)
"""As old as a signature may be when the hub takes it: what a system says of its own act
rests on a clock that may be as far behind."""

_OUT_OF_ORDER = timedelta(days=7)
"""What was recorded waits for its index while the hub is down, and urgent things then
overtake it; nobody waits for a week."""


def contradicted(place: str) -> Finding:
    """Return the finding that the time a part states is ruled out by another."""
    return not_checked(ErrorCode.TIMES_CONTRADICTED, place)


def is_after(moment: datetime, other: datetime) -> bool:
    """Tell whether a moment is later than another by more than clocks may be apart."""
    return moment > other + CLOCKS_APART


def may_hold(
    at: datetime, *, logged: datetime, accepted: datetime, by_hub: bool
) -> bool:
    """Tell whether a step may have been taken when its receipt says.

    What a hub takes in may hold: an acceptance that a wrong clock put ahead of what
    came later hinders nobody there either.

    Args:
        at: what the receipt says.
        logged: what the log entry of the receipt says.
        accepted: when the envelope was accepted.
        by_hub: the hub attests its own step and logs it at once; a system reports
            later what it did.
    """
    behind = min(accepted, logged) - _CLOCK_BEHIND
    earliest = logged - CLOCKS_APART if by_hub else behind
    return earliest <= at and not is_after(at, logged)


def out_of_order(logged: Iterable[tuple[str, int, datetime]]) -> Iterator[str]:
    """Yield the names of entries dated far before one that precedes them in the log.

    Args:
        logged: name, index and time of each.
    """
    latest: datetime | None = None
    for name, _, at in sorted(logged, key=lambda one: one[1]):
        if latest is not None and at + _OUT_OF_ORDER < latest:
            yield name
        latest = at if latest is None else max(latest, at)
