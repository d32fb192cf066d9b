"""What the hub hands out is what it verified (design, invariant 7)."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from exchange.domain.records import Envelope
from exchange.errors import ExchangeError
from exchange.services import Services
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


async def verified(
    chunks: AsyncIterator[bytes], *, sha256: str, place: str
) -> AsyncIterator[bytes]:
    """Pass chunks on, holding the last one back until all are known to be right.

    Raises:
        ExchangeError: they are not what was received (INTERNAL).
    """
    digest, held = hashlib.sha256(), b""
    async for chunk in chunks:
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    if digest.hexdigest() != sha256:
        raise ExchangeError(ErrorCode.INTERNAL, place=place)
    if held:
        yield held


async def body_of(services: Services, envelope: Envelope) -> bytes:
    """Return the raw body of an envelope, checked."""
    chunks: AsyncIterator[bytes] = verified(
        services.storage.envelopes.read_body(envelope.envelope_id),
        sha256=envelope.body_sha256,
        place=envelope.envelope_id,
    )
    return b"".join([chunk async for chunk in chunks])


async def cut(
    chunks: AsyncIterator[bytes], *, first: int, length: int
) -> AsyncIterator[bytes]:
    """Pass on `length` bytes beginning with byte `first`."""
    position, end = 0, first + length
    async for chunk in chunks:
        piece = chunk[max(0, first - position) : max(0, end - position)]
        position += len(chunk)
        if piece:
            yield piece
