"""An attachment as a page shows it: drawn, or judged; access is as for reading it."""

from dataclasses import dataclass
from hashlib import sha256

from exchange.domain.records import StoredAttachment
from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.usecases.read_attachment import (
    FoundAttachment,
    ReadAttachment,
    find_attachment,
    read_attachment,
)
from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.reports.report import Report
from signing.validation.drawn import DrawnPage


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of an attachment as a picture."""

    attachment: StoredAttachment
    drawn: DrawnPage


async def draw_attachment(
    services: Services, command: ReadAttachment, number: int
) -> ShownPage:
    """Return a page of a PDF attachment.

    Raises:
        CodedError: not for this caller, no PDF, or it cannot be drawn.
    """
    found = await find_attachment(services, command)
    async with services.pdf_places.held(urgent=True):
        drawn = await services.pdfs.drawn_page(await _whole(services, found), number)
    return ShownPage(found.attachment, drawn)


async def judge_attachment(
    services: Services, command: ReadAttachment, language: str
) -> Report:
    """Judge an attachment as of now.

    Raises:
        CodedError: not for this caller, or too large to be judged.
    """
    found = await find_attachment(services, command)
    now = services.now()
    async with services.pdf_places.held(urgent=True):
        data = await _whole(services, found)
        verdict: Verdict = await services.pdfs.judge_file(
            data, material=services.trust.material, now=now
        )
    return Report(
        verdict=verdict,
        name=found.attachment.name,
        sha256=sha256(data).hexdigest(),
        checked_at=now,
        language=language,
    )


async def _whole(services: Services, found: FoundAttachment) -> bytes:
    if found.attachment.content_size > services.limits.pdf_bytes:
        place = f"attachment {found.attachment.number}"
        raise ExchangeError(ErrorCode.PDF_TOO_LARGE, place=place)
    return b"".join([chunk async for chunk in read_attachment(services, found)])
