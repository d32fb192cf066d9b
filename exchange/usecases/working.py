"""A recipient's word that it works on a delivery: each time it takes it up counts."""

from collections.abc import Sequence
from datetime import datetime

from exchange.domain.records import Delivery, Envelope, StoredReceipt
from exchange.services import Services
from schemas.identifiers import OrganId
from schemas.vocabulary import Step


async def time_of_work(
    services: Services, envelope: Envelope, recipient: OrganId, *, content: bytes
) -> int | StoredReceipt:
    """Return which time it is taken up, or the receipt of one that was recorded before.

    The same receipt again, and another while an earlier one holds the delivery, are
    repeats: the answer was lost on the way.
    """
    envelope_id, envelopes = envelope.envelope_id, services.storage.envelopes
    before = await envelopes.receipts_of(envelope_id, Step.PROCESSING, recipient)
    same = [one for one in before if one.content == content]
    if same or not before:
        return same[-1] if same else 1
    # Looked at last: what takes it up in between takes the key of this time too.
    delivery = await envelopes.delivery(envelope_id, recipient)
    if delivery is not None and _is_held(delivery, before, services.now()):
        return before[-1]
    return len(before) + 1


def _is_held(
    delivery: Delivery, before: Sequence[StoredReceipt], now: datetime
) -> bool:
    """Tell whether one of these words holds it; a poller's lease has another owner."""
    lease = delivery.lease
    speakers = {one.issuer for one in before}
    return lease is not None and lease.owner in speakers and lease.until > now
