"""PDF files are read in worker processes, with a ceiling on memory and time."""

from collections.abc import Sequence
from datetime import datetime

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.validation.drawn import DrawnPage
from signing.validation.files import unread_file
from signing.workers.failure import WorkerFailure
from signing.workers.pool import WorkerPool
from signing.workers.protocol import Job


class PooledPdfReader:
    """`exchange.services.PdfReader` on a pool of workers."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        """Judge a PDF.

        Raises:
            WorkerFailure: no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """
        result = await self._pool.run(Job.JUDGE_PDF, data, material=material, at=at)
        if not isinstance(result, Verdict):
            raise WorkerFailure(ErrorCode.PARSER_FAILED)
        return result

    async def judge_file(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> Verdict:
        """Judge a file of any kind; what breaks its worker is a verdict too."""
        try:
            result = await self._pool.run(
                Job.JUDGE_FILE, data, material=material, now=now
            )
        except WorkerFailure as failure:
            return unread_file(data, failure)
        if not isinstance(result, Verdict):
            return unread_file(data, WorkerFailure(ErrorCode.PARSER_FAILED))
        return result

    async def first_page_lines(self, data: bytes) -> Sequence[str]:
        """Return the lines of text on the first page.

        Raises:
            WorkerFailure: no answer, or the page cannot be read.
        """
        result = await self._pool.run(Job.FIRST_PAGE_LINES, data)
        if not isinstance(result, tuple):
            raise WorkerFailure(ErrorCode.PARSER_FAILED)
        return result

    async def drawn_page(self, data: bytes, number: int) -> DrawnPage:
        """Return a page as a picture.

        Raises:
            WorkerFailure: no answer, or the page cannot be drawn.
        """
        result = await self._pool.run(
            Job.DRAW_PAGE, data, instructions=str(number).encode()
        )
        if not isinstance(result, DrawnPage):
            raise WorkerFailure(ErrorCode.PARSER_FAILED)
        return result
