"""Files of a form, handed on while they arrive."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, MultipartReader, web

from exchange.console.forms import MULTIPART, PartNames, read_in_time
from exchange.errors import ExchangeError
from exchange.http.request import media_type_of
from schemas.errors import ErrorCode

_FILE = "file"
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
    return await _first(await _reader(request, idle_seconds), idle_seconds)


async def uploads_of(
    request: web.Request, *, idle_seconds: float, most: int
) -> AsyncIterator[Upload]:
    """Yield the files of a form one after another; each is read before the next.

    Raises:
        ExchangeError: there is none, or more than `most` (REQUEST_INVALID).
    """
    reader = await _reader(request, idle_seconds)
    yield await _first(reader, idle_seconds)
    for _ in range(most - 1):
        upload = await _next(reader, idle_seconds)
        if upload is None:
            return
        yield upload
    if await read_in_time(reader.next(), idle_seconds) is not None:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_FILE)


async def _reader(request: web.Request, idle_seconds: float) -> MultipartReader:
    if media_type_of(request) != MULTIPART:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Content-Type")
    return await read_in_time(request.multipart(), idle_seconds)


async def _first(reader: MultipartReader, idle_seconds: float) -> Upload:
    upload = await _next(reader, idle_seconds)
    if upload is None:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_FILE)
    return upload


async def _next(reader: MultipartReader, idle_seconds: float) -> Upload | None:
    """Return the next file; None at the end of the form."""
    part = await read_in_time(reader.next(), idle_seconds)
    if part is None:
        return None
    if not isinstance(part, BodyPartReader):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_FILE)
    names = PartNames.of(part)
    if names.field != _FILE or not names.file:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=_FILE)
    return Upload(names.file[-_LONGEST_NAME:], _chunks(part, idle_seconds))


async def _chunks(part: BodyPartReader, idle_seconds: float) -> AsyncIterator[bytes]:
    while chunk := await read_in_time(part.read_chunk(), idle_seconds):
        yield chunk
