"""The content of one attachment of a stored envelope, decoded."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from exchange.domain.records import Envelope, StoredAttachment
from exchange.services import Services
from exchange.usecases.spool import PIECE_BYTES, Spool, yielding
from schemas.edxml.archive import DEFLATE_EXPANSION, OneEntryArchive
from schemas.edxml.base64_pieces import Base64Decoder
from schemas.edxml.body import decode_attachment
from schemas.edxml.scanned import BASE64


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


def decoded(
    attachment: StoredAttachment, raw: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """Yield the content of an attachment while its slice of the body is read.

    Nothing is kept: however many are read at a time, and however slowly, they take no
    room. The caller compares the digest of what it hands on with the recorded one.

    Raises:
        SchemaError: the slice is not what was scanned.
    """
    carried = from_base64(raw) if attachment.decoding == BASE64 else raw
    if not attachment.zipped:
        return carried
    return _unwrapped(carried, attachment.content_size)


async def from_base64(text: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what base64 stands for.

    Raises:
        SchemaError: it is none (ATTACHMENT_ENCODING_INVALID).
    """
    decoder = Base64Decoder()
    async for piece in _in_pieces(text):
        yield decoder.feed(piece)
    decoder.finish()


async def _unwrapped(carried: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    archive = OneEntryArchive(largest=size, expansion=DEFLATE_EXPANSION)
    async for piece in _in_pieces(carried):
        async for content in yielding(archive.feed(piece)):
            yield content
    archive.finish()


async def _in_pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Cut chunks so that none stalls the event loop, which gets a turn after each."""
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]
            await asyncio.sleep(0)
