"""Hand out an envelope exactly as it was received, and its receipt."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from exchange.domain.records import Envelope
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import record_reading
from exchange.usecases.handing_out import ByteRange, verified
from exchange.usecases.viewing import find_own, find_shown, open_payload
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEnvelope:
    """One envelope for one caller."""

    caller: Caller
    envelope_id: EnvelopeId


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """An envelope and its raw body, to be read once."""

    envelope: Envelope
    chunks: AsyncIterator[bytes]


async def read_envelope(services: Services, command: ReadEnvelope) -> OpenedEnvelope:
    """Open the raw body of an envelope.

    Raises:
        ExchangeError: there is none for this caller, or it may not be read.
    """
    caller, envelope_id = command.caller, command.envelope_id
    found = await find_own(services, caller, envelope_id)
    opened = await services.storage.envelopes.open_envelope(envelope_id)
    if opened is None:
        raise ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=envelope_id)
    envelope, body = opened
    await open_payload(services, replace(found, envelope=envelope))
    await record_reading(services, caller, envelope_id, part="body")
    checked = verified(body, sha256=envelope.body_sha256, place=envelope_id)
    return OpenedEnvelope(envelope, checked)


def read_part(
    services: Services, envelope: Envelope, wanted: ByteRange
) -> AsyncIterator[bytes]:
    """Read a part of the raw body of an envelope that was opened.

    Raises:
        ExchangeError: what is stored is not what was received.
    """
    return services.storage.envelopes.read_body(
        envelope.envelope_id, offset=wanted.first, length=wanted.length
    )


async def read_receipt(services: Services, command: ReadEnvelope) -> bytes:
    """Return the acceptance receipt, byte for byte.

    Raises:
        ExchangeError: there is no such envelope for this caller.
    """
    found = await find_shown(services, command.caller, command.envelope_id)
    return found.envelope.receipt
