"""Hand an envelope out in the other form: inline base64, or a part per attachment."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass

from exchange.domain.records import Envelope
from exchange.services import Services
from exchange.usecases.attachment_content import from_base64
from exchange.usecases.handing_out import verified
from exchange.usecases.read_envelope import OpenedEnvelope
from schemas.edxml.body import BodyScanner
from schemas.edxml.converting import Converted, converted
from schemas.edxml.scanned import BASE64, ScannedAttachment, ScannedBody
from schemas.errors import SchemaError

_GROUP = 3


@dataclass(frozen=True, slots=True)
class ConvertedEnvelope:
    """An envelope in a form it was not sent in, to be read once."""

    content_type: str
    chunks: AsyncIterator[bytes]


async def convert_envelope(
    services: Services, opened: OpenedEnvelope, form: str
) -> ConvertedEnvelope | None:
    """Convert an envelope that was opened; None where its form cannot be another.

    The body is read once to find its parts and once to send them; in memory is the
    XML alone.

    Raises:
        ExchangeError: what is stored is not what was received.
    """
    scanned = await _scanned(opened)
    plan = None if scanned is None else converted(scanned, form)
    if plan is None:
        return None
    return ConvertedEnvelope(plan.content_type, _read(services, opened.envelope, plan))


async def _scanned(opened: OpenedEnvelope) -> ScannedBody | None:
    """Find the parts of a body; None where other limits or rules stand in the way.

    It was read when it was accepted; what was taken in then is handed out as it is.
    """
    try:
        scanner = BodyScanner(opened.envelope.content_type)
        async for chunk in opened.chunks:
            scanner.feed(chunk)
        return scanner.finish()
    except SchemaError:
        return None


async def _read(
    services: Services, envelope: Envelope, plan: Converted
) -> AsyncIterator[bytes]:
    for piece in plan.pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        carried = verified(
            _carried(services, envelope, piece),
            sha256=piece.carried_sha256,
            place=envelope.envelope_id,
        )
        async for chunk in _encoded(carried) if plan.in_base64 else carried:
            yield chunk


def _carried(
    services: Services, envelope: Envelope, attachment: ScannedAttachment
) -> AsyncIterator[bytes]:
    """Yield the bytes that the sender signed."""
    raw = services.storage.envelopes.read_body(
        envelope.envelope_id, offset=attachment.offset, length=attachment.length
    )
    return from_base64(raw) if attachment.decoding == BASE64 else raw


async def _encoded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % _GROUP
        rest = data[whole:]
        yield base64.b64encode(data[:whole])
    yield base64.b64encode(rest)
