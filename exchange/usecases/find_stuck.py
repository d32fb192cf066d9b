"""Find the deliveries that should have moved on long ago, oldest first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from exchange.domain.records import InboxItem
from exchange.domain.stuck import TRANSIENT_STATES, first_id_of
from exchange.services import Office
from exchange.storage.ports import DeliveryQuery

_MOST = 1000


async def find_stuck(office: Office, *, seconds: float) -> Sequence[InboxItem]:
    """Return what has not moved on for so many seconds, at most a thousand."""
    now = office.now()
    before = now - timedelta(seconds=min(seconds, now.timestamp()))
    return await office.storage.deliveries.find(stuck_query(before, limit=_MOST))


def stuck_query(before: datetime, *, after: str = "", limit: int) -> DeliveryQuery:
    """Return what finds deliveries that have not moved on since a moment.

    One that is leased for longer is somebody's work, and hides no other.
    """
    return DeliveryQuery(
        states=TRANSIENT_STATES,
        before=first_id_of(before),
        lease_ended=before,
        after=after,
        limit=limit,
    )
