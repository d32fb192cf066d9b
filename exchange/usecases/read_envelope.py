"""Hand out an envelope exactly as it was received, and its receipt."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from exchange.domain.records import Envelope
from exchange.services import Caller, Services
from exchange.usecases.auditing import record_reading
from exchange.usecases.handing_out import verified
from exchange.usecases.viewing import find_readable, find_shown
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
    found = await find_readable(services, command.caller, command.envelope_id)
    await record_reading(services, command.caller, command.envelope_id, part="body")
    body = services.storage.envelopes.read_body(command.envelope_id)
    checked = verified(
        body, sha256=found.envelope.body_sha256, place=command.envelope_id
    )
    return OpenedEnvelope(found.envelope, checked)


async def read_receipt(services: Services, command: ReadEnvelope) -> bytes:
    """Return the acceptance receipt, byte for byte.

    Raises:
        ExchangeError: there is no such envelope for this caller.
    """
    found = await find_shown(services, command.caller, command.envelope_id)
    return found.envelope.receipt
