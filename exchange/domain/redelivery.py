"""What becomes of a delivery its recipient could not take.

Invariants:
    - It is offered again by the schedule of `exchange.domain.retries`, and after the
      last time it is a dead letter, with every failure on record (design, invariant 4).
    - Whoever offers it again by hand begins the schedule anew; failures are counted on.
"""

from dataclasses import replace
from datetime import datetime

from exchange.domain.records import DeliveryRetry
from exchange.domain.retries import next_try
from exchange.domain.steps import DEAD_LETTERED, OFFERED_AGAIN, StepEffect


def failed_again(
    retry: DeliveryRetry, *, now: datetime, chance: float
) -> DeliveryRetry:
    """Count a failure, and say when the delivery is offered again."""
    first, failures = retry.first_at or now, retry.failures + 1
    return DeliveryRetry(
        failures=failures,
        first_at=first,
        retry_at=next_try(failures, first=first, now=now, chance=chance),
    )


def after_failure(retry: DeliveryRetry) -> StepEffect:
    """Return what the hub does when the time of a failed delivery has come."""
    is_given_up = retry.failures > 0 and retry.retry_at is None
    return DEAD_LETTERED if is_given_up else OFFERED_AGAIN


def offered_again(retry: DeliveryRetry, *, by_hand: bool = False) -> DeliveryRetry:
    """Return what is kept of failures once a delivery is offered again."""
    first = None if by_hand else retry.first_at
    return replace(retry, first_at=first, retry_at=None)
