"""Purges as the use case makes them."""

from dataclasses import replace

from exchange.domain.records import DeliveryUpdate
from exchange.storage.ports import Purge, Storage
from tests.support.pki import NOW
from tests.support.stored import envelope_id, step


async def purge_of(storage: Storage, number: int, **changes: object) -> Purge:
    """The purge of a body whose deliveries are as they are now."""
    deliveries = await storage.envelopes.deliveries(envelope_id(number))
    record = step(number, "purged", recipients=(), before=(), after=None)
    unchanged = tuple(DeliveryUpdate(one, one) for one in deliveries)
    record = replace(record, updates=unchanged)
    made = Purge(envelope_id=envelope_id(number), step=record, at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type]  # by field name
