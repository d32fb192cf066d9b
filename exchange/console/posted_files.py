"""Forms with files: read once, bounded, kept aside until they are needed whole."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import BodyPartReader, web

from exchange.console.forms import (
    MULTIPART,
    Fields,
    PartNames,
    read_in_time,
    require_short,
)
from exchange.console.keys import CONSOLE
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.limits import require_length
from exchange.http.request import media_type_of
from exchange.usecases.spool import Spool
from schemas.errors import ErrorCode

_MOST_PARTS = 5_000
_LONGEST_NAME = 255
_FIELD_BYTES = 40_000
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file as a browser sent it.

    Args:
        name: what the person's computer calls it; never used as a path.
        content_type: what the browser thinks it is.
    """

    name: str
    content_type: str
    spool: Spool = field(repr=False)

    def content(self) -> bytes:
        """Return it whole."""
        return b"".join(self.spool.read())


@dataclass(frozen=True, slots=True)
class Posted:
    """A form and its files."""

    fields: Fields
    files: tuple[Upload, ...]


@asynccontextmanager
async def posted(request: web.Request) -> AsyncIterator[Posted]:
    """Read a form with files; they are forgotten at the end of the block.

    Raises:
        ExchangeError: it is no such form (REQUEST_INVALID), larger than the console
            takes (BODY_TOO_LARGE), or comes too slowly (REQUEST_TIMEOUT).
    """
    if media_type_of(request) != MULTIPART:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Content-Type")
    limit = request.app[CONSOLE].upload_bytes
    require_length(request, limit=limit)
    with ExitStack() as spools:
        reading = _Reading(request, limit, spools)
        yield await reading.all()


class _Reading:
    """One form while it comes in."""

    def __init__(self, request: web.Request, limit: int, spools: ExitStack) -> None:
        self._request = request
        self._left = limit
        self._spools = spools
        self._limits = request.app[SERVICES].limits

    async def all(self) -> Posted:
        values: dict[str, list[str]] = {}
        files: list[Upload] = []
        reader = await self._in_time(self._request.multipart())
        for _ in range(_MOST_PARTS):
            part = await self._in_time(reader.next())
            if part is None:
                return Posted(Fields(values), tuple(files))
            if not isinstance(part, BodyPartReader):
                break
            names = PartNames.of(part)
            if not names.field:
                break
            if names.file is None:
                text = await self._text(part, names.field)
                values.setdefault(names.field, []).append(text)
            elif upload := await self._file(part, names.file):
                files.append(upload)
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="body")

    async def _text(self, part: BodyPartReader, name: str) -> str:
        found = b""
        async for chunk in self._chunks(part):
            found += chunk
            if len(found) > _FIELD_BYTES:
                raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name[:40])
        try:
            return require_short(name, found.decode())
        except UnicodeDecodeError as error:
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place="body") from error

    async def _file(self, part: BodyPartReader, name: str) -> Upload | None:
        """Keep a file; where none was chosen, the part has neither name nor bytes."""
        spool = self._spools.enter_context(Spool(self._limits.inline_body_bytes))
        async for chunk in self._chunks(part):
            spool.write(chunk)
        if not name and not spool.size:
            return None
        return Upload(
            name=name[-_LONGEST_NAME:],
            content_type=part.headers.get("Content-Type", "")[:_LONGEST_NAME],
            spool=spool,
        )

    async def _chunks(self, part: BodyPartReader) -> AsyncIterator[bytes]:
        while chunk := await self._in_time(part.read_chunk()):
            self._left -= len(chunk)
            if self._left < 0:
                raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="body")
            yield chunk

    async def _in_time(self, waiting: Awaitable[_Found]) -> _Found:
        return await read_in_time(waiting, self._limits.idle_seconds)
