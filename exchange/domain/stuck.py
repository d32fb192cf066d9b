"""Deliveries that should have moved on long ago."""

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


def count_stuck(deliveries: Iterable[Delivery]) -> dict[DeliveryState, int]:
    """Count stuck deliveries by the states there are."""
    counts = dict.fromkeys(TRANSIENT_STATES, 0)
    for one in deliveries:
        counts[one.state] += 1
    return counts
