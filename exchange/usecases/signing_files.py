"""Files of signings: stored whole, handed out only as they were stored."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

from ulid import ULID

from exchange.domain.signing import StoredFile
from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.usecases.spool import PIECE_BYTES
from schemas.errors import ErrorCode


async def store_file(services: Services, data: bytes) -> StoredFile:
    """Store a file under a fresh id."""
    body_id = f"signing-{ULID()}"
    await services.storage.signing.store_file(body_id, _pieces(data))
    return StoredFile(body_id=body_id, size=len(data), sha256=await digest_of(data))


async def load_file(services: Services, file: StoredFile) -> bytes:
    """Return a stored file.

    Raises:
        ExchangeError: it is not what was stored (STORED_BYTES_DAMAGED).
    """
    data = b"".join([one async for one in services.storage.signing.read_file(file)])
    if await digest_of(data) != file.sha256:
        raise ExchangeError(ErrorCode.STORED_BYTES_DAMAGED, place="file")
    return data


async def digest_of(data: bytes) -> str:
    """Return SHA-256 in lower hex; a large file does not stall the event loop."""
    if len(data) <= PIECE_BYTES:
        return sha256(data).hexdigest()
    return (await asyncio.to_thread(sha256, data)).hexdigest()


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]
        await asyncio.sleep(0)
