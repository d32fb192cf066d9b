"""A recipient's word that it could not take a delivery: each time counts once."""

from dataclasses import dataclass

from exchange.domain.records import DeliveryRetry, Envelope, StoredReceipt
from exchange.domain.redelivery import failed_again
from exchange.errors import ExchangeError
from exchange.services import Services
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState, Step

_ALREADY = frozenset({DeliveryState.FAILED, DeliveryState.DEAD_LETTER})


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that is new: which one it is, and what is kept of it."""

    time: int
    retry: DeliveryRetry


async def failure_of(
    services: Services, envelope: Envelope, recipient: OrganId, *, content: bytes
) -> Failure | StoredReceipt:
    """Return the failure to record, or the receipt of one that was recorded before.

    The same receipt again, and another while the delivery is not offered again, are
    repeats: the answer was lost on the way.

    Raises:
        ExchangeError: there is no such delivery (NOT_A_RECIPIENT).
    """
    envelope_id, envelopes = envelope.envelope_id, services.storage.envelopes
    delivery = await envelopes.delivery(envelope_id, recipient)
    if delivery is None:
        raise ExchangeError(ErrorCode.NOT_A_RECIPIENT, place=recipient)
    before = await envelopes.receipts_of(envelope_id, Step.FAILED, recipient)
    same = [one for one in before if one.content == content]
    if same or (before and delivery.state in _ALREADY):
        return (same or before)[-1]
    retry = failed_again(delivery.retry, now=services.now(), chance=services.chance())
    return Failure(len(before) + 1, retry)
