"""Finding an envelope for a caller; what it may not see does not exist for it."""

from dataclasses import dataclass

from exchange.domain.access import View, view_of
from exchange.domain.records import Delivery, Envelope
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.directory import current_directory
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId, parse_organ_id


@dataclass(frozen=True, slots=True)
class Viewed:
    """An envelope as one caller sees it.

    Args:
        deliveries: those the caller may see.
    """

    envelope: Envelope
    view: View
    deliveries: tuple[Delivery, ...]


async def agencies_of(
    services: Services, caller: Caller, written: str | None
) -> frozenset[OrganId]:
    """Return the agencies a call is made for, by the directory's own codes.

    Raises:
        IdentifierError: `written` is no agency code.
        ExchangeError: the caller does not act for it (AGENCY_NOT_ACTED_FOR).
    """
    if written is None:
        return caller.acting_as(None, services.now())
    code = parse_organ_id(written)
    agency = (await current_directory(services)).agency(code)
    return caller.acting_as(agency.code if agency else code, services.now())


async def find_envelope(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    *,
    agency: str | None = None,
) -> Viewed:
    """Find an envelope for a caller, acting for one agency or all of its own.

    Raises:
        ExchangeError: there is none, or it is not the caller's
            (ENVELOPE_NOT_FOUND).
    """
    agencies = await agencies_of(services, caller, agency)
    envelope = await services.storage.envelopes.envelope(envelope_id)
    view = view_of(envelope, agencies) if envelope else None
    if envelope is None or view is None:
        raise ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=envelope_id)
    deliveries = await services.storage.envelopes.deliveries(envelope_id)
    return Viewed(envelope, view, view.deliveries(deliveries))


async def find_readable(
    services: Services,
    caller: Caller,
    envelope_id: EnvelopeId,
    *,
    agency: str | None = None,
) -> Viewed:
    """Find an envelope whose payload the caller may have.

    Raises:
        ExchangeError: as `find_envelope`, or its delivery is not open to reading
            (STEP_NOT_ALLOWED, the state is named).
    """
    found = await find_envelope(services, caller, envelope_id, agency=agency)
    if not found.view.may_read(found.deliveries):
        states = ", ".join(sorted({one.state for one in found.deliveries}))
        raise ExchangeError(ErrorCode.STEP_NOT_ALLOWED, place=states)
    return found
