"""What should have moved on long ago: deliveries, and entries towards the log."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from exchange.domain.records import Delivery
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import DeliveryState

TRANSIENT_STATES = (
    DeliveryState.ACCEPTED,
    DeliveryState.CHECKING,
    DeliveryState.LEASED,
)
"""States nothing stays in for long, unless something is wrong."""

CLOCK_ASIDE = timedelta(minutes=5)
"""Ids count on where a clock jumped back, so ids and times may be apart."""

LOG_WAITS = timedelta(minutes=1)
"""How long an entry may wait for its index; usually it is a fraction of a second."""

_ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_DIGITS = 10  # of 26; they hold milliseconds since 1970


def first_id_of(at: datetime) -> EnvelopeId:
    """Return the id before those of all envelopes accepted at a time or later.

    Before ids begin, in 1970, it is the first of all.
    """
    milliseconds = max(round(at.timestamp() * 1000), 0)
    digits = [
        _ULID_DIGITS[milliseconds >> 5 * place & 31]
        for place in reversed(range(_TIME_DIGITS))
    ]
    return EnvelopeId("".join(digits).ljust(26, "0"))


def waiting_since(entry_id: str | None, now: datetime) -> timedelta:
    """Return for how long an entry has waited, none at all if there is none.

    Args:
        entry_id: of the one that waits longest.
        now: an id made by a clock ahead has not waited yet.
    """
    if entry_id is None:
        return timedelta()
    milliseconds = 0
    for digit in entry_id[:_TIME_DIGITS]:
        milliseconds = milliseconds << 5 | _ULID_DIGITS.index(digit)
    waited = now.timestamp() - milliseconds / 1000
    return timedelta(seconds=max(waited, 0))


def count_stuck(deliveries: Iterable[Delivery]) -> dict[DeliveryState, int]:
    """Count stuck deliveries by the states there are."""
    counts = dict.fromkeys(TRANSIENT_STATES, 0)
    for one in deliveries:
        counts[one.state] += 1
    return counts
