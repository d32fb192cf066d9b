"""PDF files are prepared for signing in worker processes, which start when needed."""

import asyncio
from datetime import datetime

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from signing.workers.failure import WorkerFailure
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart
from signing.workers.pool import WorkerPool
from signing.workers.protocol import Job


class PooledPdfSigner:
    """`exchange.services.PdfSigner` on a pool of workers.

    Hubs whose systems all sign at home pay nothing: the pool starts with the first
    document.

    Args:
        pool: not started yet; whoever made it closes it.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._starting = asyncio.Lock()
        self._is_started = False

    async def prepare(
        self, document: bytes, *, instructions: bytes, at: datetime
    ) -> PreparedPart:
        """Return what a signature without a value adds to a document.

        Raises:
            WorkerFailure: refused, or no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """
        await self._start()
        made = await self._pool.run(
            Job.PREPARE, document, at=at, instructions=instructions
        )
        if not isinstance(made, PreparedPart):
            raise WorkerFailure(ErrorCode.PARSER_FAILED)
        return made

    async def complete(self, prepared: bytes, *, instructions: bytes) -> CompletedPart:
        """Return what goes into the gap of a prepared file.

        Raises:
            WorkerFailure: as `prepare`.
        """
        await self._start()
        made = await self._pool.run(Job.COMPLETE, prepared, instructions=instructions)
        if not isinstance(made, CompletedPart):
            raise WorkerFailure(ErrorCode.PARSER_FAILED)
        return made

    async def raise_level(
        self,
        signed: bytes,
        *,
        material: TrustMaterial,
        instructions: bytes,
        at: datetime,
    ) -> RaisedPart:
        """Return what brings a stamped signature to a higher level.

        Raises:
            WorkerFailure: as `prepare`, or no evidence.
        """
        await self._start()
        made = await self._pool.run(
            Job.RAISE, signed, material=material, instructions=instructions, at=at
        )
        if not isinstance(made, RaisedPart):
            raise WorkerFailure(ErrorCode.PARSER_FAILED)
        return made

    async def _start(self) -> None:
        async with self._starting:
            if not self._is_started:
                await self._pool.start()
                self._is_started = True
