"""Find the deliveries that should have moved on long ago, oldest first."""

from collections.abc import Sequence
from datetime import timedelta

from exchange.domain.records import InboxItem
from exchange.domain.stuck import TRANSIENT_STATES, first_id_of, is_stuck
from exchange.services import Office
from exchange.storage.ports import DeliveryQuery

_MOST = 1000


async def find_stuck(office: Office, *, seconds: float) -> Sequence[InboxItem]:
    """Return what has not moved on for so many seconds, at most a thousand."""
    now = office.now()
    before = now - timedelta(seconds=min(seconds, now.timestamp()))
    query = DeliveryQuery(
        states=TRANSIENT_STATES, before=first_id_of(before), limit=_MOST
    )
    found = await office.storage.deliveries.find(query)
    return [one for one in found if is_stuck(one.delivery, before=before)]
