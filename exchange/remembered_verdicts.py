"""The checker and callers who ask twice do not wait twice for the same verdict."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version

from exchange.services import PdfReader
from pki.trust import TrustMaterial
from schemas.verdict import Verdict
from signing.validation.drawn import DrawnPage
from signing.verdict_cache import VerdictCache, verdict_key

_ENTRIES = 1024
_RULES = f"lienthong {version('lienthong')}"
"""The rules are those of the program; another version of it judges again."""


class RememberedVerdicts:
    """`exchange.services.PdfReader` that gives verdicts again while they hold.

    Args:
        reader: judges what was not asked before.
    """

    def __init__(self, reader: PdfReader, *, entries: int = _ENTRIES) -> None:
        self._reader = reader
        self._cache = VerdictCache(entries)

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        """Judge a PDF.

        Raises:
            WorkerFailure: no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """
        return await self._remembered(
            data,
            f"{_RULES} pdf",
            material,
            at,
            lambda: self._reader.judge(data, material=material, at=at),
        )

    async def judge_file(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> Verdict:
        """Judge a file of any kind."""
        return await self._remembered(
            data,
            f"{_RULES} file",
            material,
            now,
            lambda: self._reader.judge_file(data, material=material, now=now),
        )

    async def first_page_lines(self, data: bytes) -> Sequence[str]:
        """Return the lines of text on the first page.

        Raises:
            WorkerFailure: no answer, or the page cannot be read.
        """
        return await self._reader.first_page_lines(data)

    async def drawn_page(self, data: bytes, number: int) -> DrawnPage:
        """Return a page as a picture.

        Raises:
            WorkerFailure: no answer, or the page cannot be drawn.
        """
        return await self._reader.drawn_page(data, number)

    async def _remembered(
        self,
        data: bytes,
        policy: str,
        material: TrustMaterial,
        at: datetime,
        judge: Callable[[], Awaitable[Verdict]],
    ) -> Verdict:
        # A large file is hashed, and a new set of lists too, beside the event loop.
        digest = await asyncio.to_thread(_digest, data)
        key = await asyncio.to_thread(
            verdict_key, digest, policy=policy, material=material, at=at
        )
        known = self._cache.get(key, at)
        if known is not None:
            return known
        verdict = await judge()
        self._cache.put(key, verdict, at)
        return verdict


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
