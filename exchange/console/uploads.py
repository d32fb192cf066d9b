"""One file of a form, handed on while it arrives."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

_FILE = "file"
_MULTIPART = "multipart/form-data"
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in.

    Args:
        name: what the person's computer calls it; never used as a path.
        chunks: its content, once.
    """

    name: str
    chunks: AsyncIterator[bytes] = field(repr=False)


async def upload_of(request: web.Request, *, idle_seconds: float) -> Upload:
    """Return the file of a form whose first part it is.

    Raises:
        ExchangeError: there is none (REQUEST_INVALID).
    """
    if request.content_type != _MULTIPART:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Content-Type")
    try:
        part = await (await request.multipart()).next()
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_FILE) from error
    if not isinstance(part, BodyPartReader) or part.name != _FILE or not part.filename:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_FILE)
    chunks = _chunks(part, idle_seconds)
    return Upload(part.filename[-_LONGEST_NAME:], chunks)


async def _chunks(part: BodyPartReader, idle_seconds: float) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await part.read_chunk()
        except TimeoutError as error:
            raise ExchangeError(ErrorCode.REQUEST_TIMEOUT) from error
        if not chunk:
            return
        yield chunk
