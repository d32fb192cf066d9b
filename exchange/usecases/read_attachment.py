"""Hand out the content of one attachment, or a range of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from exchange.domain.records import Envelope, StoredAttachment
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.attachment_content import decoded
from exchange.usecases.auditing import record_reading
from exchange.usecases.handing_out import ByteRange, cut, verified
from exchange.usecases.viewing import find_readable
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAttachment:
    """One attachment for one caller; `number` counts from 1."""

    caller: Caller
    envelope_id: EnvelopeId
    number: int


@dataclass(frozen=True, slots=True)
class FoundAttachment:
    """An attachment the caller may read."""

    envelope: Envelope
    attachment: StoredAttachment


async def find_attachment(
    services: Services, command: ReadAttachment
) -> FoundAttachment:
    """Find an attachment.

    Raises:
        ExchangeError: no such envelope or attachment for this caller, or it may not
            be read.
    """
    found = await find_readable(services, command.caller, command.envelope_id)
    for attachment in found.envelope.attachments:
        if attachment.number == command.number:
            part = f"attachment {attachment.number}"
            await record_reading(
                services, command.caller, command.envelope_id, part=part
            )
            return FoundAttachment(found.envelope, attachment)
    raise ExchangeError(ErrorCode.ATTACHMENT_NOT_FOUND, place=str(command.number))


async def read_attachment(
    services: Services, found: FoundAttachment, wanted: ByteRange | None = None
) -> AsyncIterator[bytes]:
    """Yield the content of an attachment, or a range that lies within it.

    Raises:
        ExchangeError: what is stored is not what was received (INTERNAL).
    """
    attachment = found.attachment
    is_slice = attachment.decoding == "identity" and not attachment.zipped
    if wanted and is_slice:
        # A part of the raw body, read without what lies before it.
        chunks = _carried(services, found, wanted.first, wanted.length)
    else:
        chunks = verified(
            decoded(attachment, _carried(services, found)),
            sha256=attachment.content_sha256,
            place=found.envelope.envelope_id,
        )
        if wanted:
            chunks = cut(chunks, first=wanted.first, length=wanted.length)
    async for chunk in chunks:
        yield chunk


def _carried(
    services: Services,
    found: FoundAttachment,
    first: int = 0,
    length: int | None = None,
) -> AsyncIterator[bytes]:
    attachment = found.attachment
    return services.storage.envelopes.read_body(
        found.envelope.envelope_id,
        offset=attachment.offset + first,
        length=attachment.length if length is None else length,
    )
