"""Let a held delivery through, or not: by its recipient, or by an operator."""

from dataclasses import dataclass

from exchange.domain.records import StoredReceipt
from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import refusals_audited
from exchange.usecases.directory import addressee, current_directory
from exchange.usecases.scanning import awaits_scan
from exchange.usecases.tending import Tending, release, resend
from exchange.usecases.viewing import agencies_of, find_envelope
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId, parse_organ_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TendDelivery:
    """What a caller wants done for held or stuck deliveries of an envelope.

    Args:
        agency: the recipient meant; operators may leave it out and mean all.
        lets_through: of what is held; only operators may say no.
    """

    caller: Caller
    envelope_id: EnvelopeId
    agency: str | None
    reason: str = ""
    lets_through: bool = True


async def release_delivery(
    services: Services, command: TendDelivery
) -> tuple[StoredReceipt, ...]:
    """Decide about held deliveries, on record.

    Raises:
        CodedError: it is not the caller's to decide, or nothing is held.
    """
    async with refusals_audited(services, command.caller, subject=command.envelope_id):
        wanted = await _wanted(services, command)
        receipts = await release(services, wanted, lets_through=command.lets_through)
    services.signals.recorded.ring()
    return receipts


async def resend_delivery(
    services: Services, command: TendDelivery
) -> tuple[StoredReceipt, ...]:
    """Offer stuck deliveries again; for operators.

    Raises:
        CodedError: there is nothing to offer again.
    """
    async with refusals_audited(services, command.caller, subject=command.envelope_id):
        receipts = await resend(services, await _wanted(services, command))
    services.signals.recorded.ring()
    return receipts


async def _wanted(services: Services, command: TendDelivery) -> Tending:
    is_operator = command.caller.role is AccessRole.OPERATOR
    recipients = (
        await _named(services, command.agency)
        if is_operator
        else await _own(services, command, command.agency or "")
    )
    if not is_operator and not command.lets_through:
        raise ExchangeError(ErrorCode.ROLE_NOT_ALLOWED, place="decision")
    if not is_operator and await awaits_scan(services.storage, command.envelope_id):
        raise ExchangeError(ErrorCode.MALWARE_UNCHECKED, place="scanner")
    return Tending(
        envelope_id=command.envelope_id,
        recipients=recipients,
        actor=command.caller.system.system_id,
        reason=command.reason,
    )


async def _named(services: Services, agency: str | None) -> frozenset[OrganId]:
    if not agency:
        return frozenset()
    directory = await current_directory(services)
    return frozenset({addressee(directory, parse_organ_id(agency)).code})


async def _own(
    services: Services, command: TendDelivery, agency: str
) -> frozenset[OrganId]:
    agencies = await agencies_of(services, command.caller, agency)
    found = await find_envelope(
        services, command.caller, command.envelope_id, agency=agency
    )
    if not agencies <= found.view.own:
        raise ExchangeError(ErrorCode.NOT_A_RECIPIENT, place=agency)
    return agencies
