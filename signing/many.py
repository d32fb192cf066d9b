"""Many files judged side by side, each as if it were the only one.

Every file goes whole into a worker process: what breaks or exhausts one of them is the
verdict on that file, and the others never notice.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import FileKind, Verdict
from signing.api import MEMORY_BYTES, SECONDS, TOO_LARGE, read_file
from signing.errors import SigningError
from signing.validation.files import unread_file
from signing.validation.findings import not_checked
from signing.validation.xml_signature import refused_file
from signing.workers import Job, WorkerFailure
from signing.workers.pool import WorkerPool


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFiles:
    """What is asked of many files.

    Args:
        material: what is trusted, and the revocation lists at hand.
        at: the control time; None means `now`, or the time of a bundle's manifest.
        now: the time.
        jobs: how many files are judged at the same time.
    """

    material: TrustMaterial
    at: datetime | None
    now: datetime
    jobs: int


async def judge_files(
    paths: Sequence[Path], question: ManyFiles, done: Callable[[Path], None]
) -> AsyncGenerator[Verdict, None]:
    """Yield the verdict on every file, in the order of `paths`.

    A file that cannot be read has a verdict too (FILE_UNREADABLE).

    Args:
        paths: the files.
        question: what is asked of each.
        done: told as soon as a file is judged, in whatever order.

    Raises:
        PkiError: a root in the material is malformed.
    """
    async with _workers(question, len(paths)) as judge:
        # Few files are in memory at once: as many as are judged, and the next ones.
        places = asyncio.Semaphore(2 * question.jobs)

        async def judged(path: Path) -> Verdict:
            async with places:
                verdict = await judge(path)
            done(path)
            return verdict

        tasks = [asyncio.create_task(judged(path)) for path in paths]
        try:
            for task in tasks:
                yield await task
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def _workers(question: ManyFiles, files: int) -> AsyncIterator["_Judge"]:
    size = max(1, min(question.jobs, files))
    async with WorkerPool(size, MEMORY_BYTES, SECONDS, (Job.JUDGE_FILE,)) as pool:
        yield _Judge(pool, question)


@dataclass(frozen=True, slots=True)
class _Judge:
    pool: WorkerPool
    question: ManyFiles

    async def __call__(self, path: Path) -> Verdict:
        try:
            data = await asyncio.to_thread(read_file, path)
        except SigningError as error:
            return refused_file(FileKind.UNKNOWN, not_checked(error.code, error.place))
        return TOO_LARGE if data is None else await self._judged(data)

    async def _judged(self, data: bytes) -> Verdict:
        try:
            result = await self.pool.run(
                Job.JUDGE_FILE,
                data,
                material=self.question.material,
                at=self.question.at,
                now=self.question.now,
            )
        except WorkerFailure as failure:
            return unread_file(data, failure)
        if not isinstance(result, Verdict):
            return unread_file(data, WorkerFailure(ErrorCode.PARSER_FAILED))
        return result
