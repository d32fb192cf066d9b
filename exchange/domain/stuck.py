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


def is_stuck(delivery: Delivery, *, before: datetime) -> bool:
    """Tell whether a delivery of an envelope accepted before a moment is stuck.

    A lease that has not ended by then is not: somebody is at work. One that ended so
    long ago, or has no end, was not given back.
    """
    lease = delivery.lease
    return delivery.state in TRANSIENT_STATES and (
        lease is None or lease.until <= before
    )


def count_stuck(
    deliveries: Iterable[Delivery], *, before: datetime
) -> dict[DeliveryState, int]:
    """Count the stuck deliveries of each state."""
    counts = dict.fromkeys(TRANSIENT_STATES, 0)
    for one in deliveries:
        if is_stuck(one, before=before):
            counts[one.state] += 1
    return counts
