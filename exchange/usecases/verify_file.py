"""Judge a file that somebody hands in; nothing of it is kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256

from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.usecases.spool import Spool
from schemas.edxml.content_type import media_type
from schemas.errors import ErrorCode
from signing.reports.report import Report

_WITH_HEADER = "multipart/related"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyFile:
    """A file on its way in.

    Args:
        content_type: as the request says; only a multipart message needs it.
        language: of reports that people read.
    """

    content_type: str
    chunks: AsyncIterator[bytes]
    language: str


async def verify_file(services: Services, command: VerifyFile) -> Report:
    """Judge a file as of now, in a worker process.

    Raises:
        ExchangeError: it is empty or too large (BODY_EMPTY, BODY_TOO_LARGE).
    """
    with Spool(services.limits.inline_body_bytes) as spool:
        await _received(spool, command.chunks, services.limits.pdf_bytes)
        # Whole in memory only when its turn has come.
        async with services.pdf_places.held():
            return await _judged(services, command, b"".join(spool.read()))


async def _received(spool: Spool, chunks: AsyncIterator[bytes], limit: int) -> None:
    async for chunk in chunks:
        if spool.size + len(chunk) > limit:
            raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="body")
        spool.write(chunk)
    if not spool.size:
        raise ExchangeError(ErrorCode.BODY_EMPTY)


async def _judged(services: Services, command: VerifyFile, data: bytes) -> Report:
    now = services.now()
    verdict = await services.pdfs.judge_file(
        _saved(data, command.content_type), material=services.trust.material, now=now
    )
    return Report(
        verdict=verdict,
        name="",
        sha256=sha256(data).hexdigest(),
        checked_at=now,
        language=command.language,
    )


def _saved(data: bytes, content_type: str) -> bytes:
    """Return a multipart message as it would be saved, with its MIME header."""
    if media_type(content_type) != _WITH_HEADER:
        return data
    header = f"Content-Type: {content_type}\r\n\r\n"
    return header.encode(errors="surrogateescape") + data
