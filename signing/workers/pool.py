"""A fixed number of warm workers behind an asynchronous call."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import SimpleQueue
from threading import Lock
from typing import Self

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from signing.workers.failure import WorkerFailure
from signing.workers.once import perform
from signing.workers.process import WorkerLimits, WorkerProcess
from signing.workers.protocol import NO_MATERIAL, READING_JOBS, Job, Request, Result

_JOBS_PER_PROCESS = 1000
"""Then a fresh process follows, so that nothing a file left behind lasts."""

_BREAKING = {ErrorCode.LIMIT_EXCEEDED, ErrorCode.PARSER_FAILED}


class WorkerPool:
    """Warm workers behind an asynchronous call; use it as a context manager.

    A worker that exceeds its limits or crashes is killed and replaced; the others go
    on. A job waits for a free worker; its time counts from when it gets one.

    Args:
        size: how many files are judged at the same time.
        memory_bytes: address space of each process.
        timeout_seconds: wall clock of one job.
        jobs: what the workers can do; each loads its libraries.
    """

    def __init__(
        self,
        size: int,
        memory_bytes: int,
        timeout_seconds: float,
        jobs: Sequence[Job] = READING_JOBS,
    ) -> None:
        self._size = size
        self._jobs = tuple(jobs)
        self._limits = WorkerLimits(memory_bytes, timeout_seconds)
        self._idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        self._beginning: list[WorkerProcess] = []
        self._live: set[WorkerProcess] = set()
        self._lock = Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="pdf-worker")

    def begin(self) -> None:
        """Start every worker and wait for none: they load while others work."""
        self._beginning = [self._spawn() for _ in range(self._size)]

    async def start(self) -> None:
        """Start every worker that `begin` did not, and wait until all are warm.

        Raises:
            WorkerFailure: one did not come up.
        """
        if not self._beginning:
            self.begin()
        workers, self._beginning = self._beginning, []
        loop = asyncio.get_running_loop()
        try:
            for worker in workers:
                await loop.run_in_executor(self._threads, worker.wait_ready)
        finally:
            for worker in workers:
                self._idle.put(worker)

    async def run(
        self,
        job: Job,
        payload: bytes,
        *,
        material: TrustMaterial = NO_MATERIAL,
        at: datetime | None = None,
        proven_at: datetime | None = None,
        now: datetime | None = None,
        instructions: bytes = b"",
    ) -> Result:
        """Do one job in the next free worker.

        Raises:
            WorkerFailure: LIMIT_EXCEEDED, PARSER_FAILED, or the refusal of the job.
        """
        request = Request(
            job=job,
            payload=payload,
            material=material,
            at=at,
            proven_at=proven_at,
            now=now,
            instructions=instructions,
        )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._work, request)

    async def close(self) -> None:
        """End every process, also those at work; waiting jobs fail."""
        with self._lock:
            self._closed = True
            for worker in self._live:
                worker.kill()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for worker in self._live:
            worker.close()
        self._live.clear()

    async def __aenter__(self) -> Self:
        """Start the workers."""
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the workers."""
        await self.close()

    def _work(self, request: Request) -> Result:
        # One thread per worker: what a cancelled caller left running keeps its worker.
        worker = self._idle.get()
        try:
            result = perform(worker, request)
        except WorkerFailure as failure:
            if failure.code in _BREAKING:
                worker = self._replaced(worker)
            raise
        else:
            if worker.jobs_done >= _JOBS_PER_PROCESS:
                worker = self._replaced(worker)
            return result
        finally:
            self._idle.put(worker)

    def _spawn(self) -> WorkerProcess:
        worker = WorkerProcess(self._jobs, self._limits)
        self._live.add(worker)
        return worker

    def _replaced(self, worker: WorkerProcess) -> WorkerProcess:
        with self._lock:
            if self._closed:
                return worker
            self._live.discard(worker)
            worker.close()
            return self._spawn()
