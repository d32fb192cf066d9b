"""The content of one attachment of a stored envelope, decoded."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from exchange.domain.records import Envelope, StoredAttachment
from exchange.services import Services
from exchange.usecases.spool import Spool
from schemas.edxml.body import decode_attachment


@asynccontextmanager
async def attachment_content(
    services: Services, envelope: Envelope, attachment: StoredAttachment
) -> AsyncIterator[Iterator[bytes]]:
    """Give the decoded content piece by piece; large ones lie on disk meanwhile.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    with Spool(services.limits.inline_body_bytes) as spool:
        async for chunk in services.storage.envelopes.read_body(
            envelope.envelope_id, offset=attachment.offset, length=attachment.length
        ):
            spool.write(chunk)
        yield decode_attachment(attachment, spool.read())
