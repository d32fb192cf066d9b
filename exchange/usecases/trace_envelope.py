"""Where an envelope is: its deliveries and the steps on record."""

from dataclasses import dataclass

from exchange.domain.records import Delivery, Envelope, StoredReceipt
from exchange.services import Caller, Services
from exchange.usecases.viewing import find_envelope
from schemas.identifiers import EnvelopeId


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEnvelope:
    """A question about one envelope; `agency` narrows it to one of the caller's."""

    caller: Caller
    envelope_id: EnvelopeId
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What the caller may know of an envelope."""

    envelope: Envelope
    deliveries: tuple[Delivery, ...]
    receipts: tuple[StoredReceipt, ...]


async def trace_envelope(services: Services, command: TraceEnvelope) -> Trace:
    """Return the states and steps this caller may see.

    Raises:
        ExchangeError: there is no such envelope for this caller.
    """
    found = await find_envelope(
        services, command.caller, command.envelope_id, agency=command.agency
    )
    receipts = await services.storage.envelopes.receipts(command.envelope_id)
    return Trace(found.envelope, found.deliveries, found.view.receipts(receipts))
