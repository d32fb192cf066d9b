"""Take a body in over several connections; the envelope that names it takes it.

What is stored of a body survives everything; a caller asks how much that is and goes
on from there. Nothing of it is read before an envelope claims it, and then the same
checks apply as to a body that came at once.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass

from exchange.domain.uploads import (
    KEPT,
    KEPT_FOR_REPEATS,
    Upload,
    refuse_begin,
    refuse_part,
)
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.storage.ports.uploads import PIECE_BYTES
from exchange.usecases.spool import Spool, yielding
from exchange.usecases.storing import refuse
from schemas.errors import ErrorCode
from schemas.identifiers import SystemId

CHECKSUMS = ("sha256", "sha1")
"""Of single parts, against accidents of the way; tus asks for sha1."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one part must come to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPart:
    """The next bytes of an upload.

    Args:
        offset: where they begin.
        announced: how many, 0 if the caller does not say.
    """

    caller: Caller
    upload_id: str
    offset: int
    chunks: AsyncIterator[bytes]
    announced: int = 0
    checksum: Checksum | None = None


async def begin_upload(
    services: Services, caller: Caller, *, length: int, metadata: str = ""
) -> Upload:
    """Begin an upload of `length` bytes.

    Raises:
        ExchangeError: it would be too large, or the system has too many.
    """
    system_id, now = caller.system.system_id, services.now()
    refusal = refuse_begin(
        length=length,
        most_bytes=services.limits.body_bytes,
        unused=await _unused(services, system_id),
        most=services.limits.uploads,
    )
    if refusal is not None:
        raise refuse(refusal)
    upload = Upload(
        upload_id=services.ids.new(now),
        system_id=system_id,
        length=length,
        metadata=metadata,
        expires_at=now + KEPT,
    )
    await services.storage.uploads.begin(upload)
    return upload


async def _unused(services: Services, system_id: SystemId) -> int:
    """Count what nothing took; where that is too much, the oldest empty one goes.

    Whoever never heard that an upload began begins it again, each time.
    """
    uploads = services.storage.uploads
    unused = await uploads.unused(system_id)
    if unused >= services.limits.uploads and await uploads.discard_empty(system_id):
        unused -= 1
    return unused


async def find_upload(services: Services, caller: Caller, upload_id: str) -> Upload:
    """Find an upload of the caller's own system.

    Raises:
        ExchangeError: there is none, or it is spent (UPLOAD_NOT_FOUND).
    """
    upload = await _kept(services, caller, upload_id)
    if upload.is_spent:
        raise ExchangeError(ErrorCode.UPLOAD_NOT_FOUND, place=upload_id)
    return upload


async def find_uploaded(services: Services, caller: Caller, upload_id: str) -> Upload:
    """Find a whole upload; one that is taken or spent serves its repeats.

    Raises:
        ExchangeError: there is none, or it is not whole (UPLOAD_UNFINISHED).
    """
    upload = await _kept(services, caller, upload_id)
    if not upload.is_whole:
        raise ExchangeError(ErrorCode.UPLOAD_UNFINISHED, place=upload_id)
    return upload


async def continue_upload(services: Services, part: UploadPart) -> Upload:
    """Store the next bytes; when the line breaks, those that arrived.

    With a checksum nothing is stored before all of the part is there and right.

    Raises:
        ExchangeError: the part does not fit, or is not what its checksum says.
    """
    upload = await find_upload(services, part.caller, part.upload_id)
    refusal = refuse_part(upload, offset=part.offset, announced=part.announced)
    if refusal is not None:
        raise refuse(refusal)
    appending = _Appending(services, upload)
    if part.checksum is None:
        return await appending.all_of(part.chunks)
    with Spool(services.limits.inline_body_bytes) as spool:
        room = upload.length - upload.offset
        await _receive(part.chunks, part.checksum, spool, room)
        return await appending.all_of(yielding(spool.read()))


async def discard_upload(services: Services, caller: Caller, upload_id: str) -> None:
    """Remove an upload; what an envelope has taken stays with the envelope.

    Raises:
        ExchangeError: there is none (UPLOAD_NOT_FOUND).
    """
    upload = await find_upload(services, caller, upload_id)
    await services.storage.uploads.discard(upload.upload_id)


async def spend_upload(services: Services, upload_id: str) -> None:
    """Keep an upload that a letter was made of for its repeats, and no longer."""
    until = services.now() + KEPT_FOR_REPEATS
    await services.storage.uploads.spend(upload_id, until=until)


async def _kept(services: Services, caller: Caller, upload_id: str) -> Upload:
    upload = await services.storage.uploads.upload(upload_id)
    now = services.now()
    if upload is None or not upload.is_there_for(caller.system.system_id, now):
        raise ExchangeError(ErrorCode.UPLOAD_NOT_FOUND, place=upload_id)
    return upload


async def _receive(
    chunks: AsyncIterator[bytes], checksum: Checksum, spool: Spool, room: int
) -> None:
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False)
    async for chunk in chunks:
        spool.write(chunk)
        digest.update(chunk)
        if spool.size > room:
            raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="Upload-Length")
    if not hmac.compare_digest(digest.digest(), checksum.digest):
        raise ExchangeError(ErrorCode.UPLOAD_CHECKSUM_WRONG, place=checksum.algorithm)


class _Appending:
    """Collects bytes into pieces, each stored before the next is collected."""

    def __init__(self, services: Services, upload: Upload) -> None:
        self._services = services
        self._upload = upload
        self._buffer = bytearray()

    async def all_of(self, chunks: AsyncIterator[bytes]) -> Upload:
        """Store what comes, also when no more can come."""
        try:
            async for chunk in chunks:
                await self._add(chunk)
        finally:
            await self._store(len(self._buffer))
        return self._upload

    async def _add(self, chunk: bytes) -> None:
        room = self._upload.length - self._upload.offset - len(self._buffer)
        if len(chunk) > room:
            raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="Upload-Length")
        self._buffer += chunk
        while len(self._buffer) >= self._until_boundary:
            await self._store(self._until_boundary)

    @property
    def _until_boundary(self) -> int:
        return PIECE_BYTES - self._upload.offset % PIECE_BYTES

    async def _store(self, size: int) -> None:
        piece, rest = bytes(self._buffer[:size]), self._buffer[size:]
        # What follows a piece that cannot be stored has no place any more.
        self._buffer.clear()
        if piece:
            self._upload = await self._services.storage.uploads.append(
                self._upload, piece, now=self._services.now()
            )
        self._buffer += rest
