"""Files that a page sent ahead of its form, in pieces (tus), and the form then names.

Each is named by one field: id of the upload, media type, name of the file.
"""

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final

from exchange.console.forms import Fields
from exchange.console.posted_files import Upload
from exchange.domain.uploads import Upload as StoredUpload
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.spool import Spool
from exchange.usecases.uploads import find_uploaded, spend_upload
from schemas.errors import ErrorCode

FIELD: Final = "uploaded"
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class SentAhead:
    """One file that a form names.

    Args:
        upload_id: where its bytes are.
        content_type: what the browser thinks it is.
        name: what the person's computer calls it; never used as a path.
    """

    upload_id: str
    content_type: str
    name: str


def sent_ahead(fields: Fields) -> tuple[SentAhead, ...]:
    """Return the files a form names.

    Raises:
        ExchangeError: one is named in another way (REQUEST_INVALID).
    """
    return tuple(map(_named, fields.every(FIELD)))


def _named(text: str) -> SentAhead:
    parts = text.split(" ", _PARTS - 1)
    if len(parts) != _PARTS:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=FIELD)
    return SentAhead(*parts)


async def read_ahead(
    services: Services,
    caller: Caller,
    files: tuple[SentAhead, ...],
    *,
    room: int,
    held: ExitStack,
) -> tuple[Upload, ...]:
    """Read files that were sent ahead.

    Args:
        services: what is needed.
        caller: whose uploads they are.
        files: as the form names them.
        room: most bytes of all of them.
        held: keeps them.

    Raises:
        ExchangeError: one is not there (UPLOAD_NOT_FOUND), not whole
            (UPLOAD_UNFINISHED), or they are too large (BODY_TOO_LARGE).
    """
    stored = [await find_uploaded(services, caller, one.upload_id) for one in files]
    if sum(one.length for one in stored) > room:
        raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place=FIELD)
    return tuple(
        [
            await _read(services, upload, file, held)
            for upload, file in zip(stored, files, strict=True)
        ]
    )


async def _read(
    services: Services, upload: StoredUpload, file: SentAhead, held: ExitStack
) -> Upload:
    spool = held.enter_context(Spool(services.limits.inline_body_bytes))
    async for piece in services.storage.uploads.read(upload):
        spool.write(piece)
    return Upload(name=file.name, content_type=file.content_type, spool=spool)


async def spend_ahead(services: Services, files: tuple[SentAhead, ...]) -> None:
    """Keep what a letter was made of for whoever presses again, then let it go."""
    for one in dict.fromkeys(one.upload_id for one in files):
        # The letter is sent by now, whatever becomes of its parts.
        with suppress(ExchangeError):
            await spend_upload(services, one)
