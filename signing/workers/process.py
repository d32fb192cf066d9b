"""One worker process seen from its parent, which never waits longer than it said."""

import os
import selectors
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from signal import SIGKILL, SIGXCPU
from time import monotonic

from schemas.errors import ErrorCode
from signing.worker_program import end_worker, start_worker
from signing.workers.failure import WorkerFailure
from signing.workers.protocol import (
    LENGTH,
    MAX_ANSWER_BYTES,
    NO_MATERIAL,
    OUT_OF_MEMORY,
    Job,
)

START_SECONDS = 30.0
"""Loading the libraries takes half a second; a busy machine may need much longer."""

_CHUNK = 1024 * 1024
_LIMITED = {-SIGKILL, -SIGXCPU, OUT_OF_MEMORY}
"""How a worker ends at a limit; everything else is a crash."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one job may use: memory of the process, wall clock and processor time."""

    memory_bytes: int
    timeout_seconds: float


class WorkerProcess:
    """A warm worker: one request, one answer, killed at its limits.

    Args:
        jobs: loaded before the worker is ready; it can do no other.
        limits: what each job may use.
        started: a program that was started ahead for these jobs, with no less.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        limits: WorkerLimits,
        started: "subprocess.Popen[bytes] | None" = None,
    ) -> None:
        self.jobs_done = 0
        self.kept = NO_MATERIAL
        self._ready = False
        self._timeout = limits.timeout_seconds
        self._process = started or start_worker(
            jobs, memory_bytes=limits.memory_bytes, seconds=limits.timeout_seconds
        )
        for pipe in self._pipes:
            os.set_blocking(pipe, False)

    @property
    def _pipes(self) -> tuple[int, int]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise WorkerFailure(ErrorCode.PARSER_FAILED, place="pipes")
        return stdin.fileno(), stdout.fileno()

    def wait_ready(self) -> None:
        """Wait until the libraries are loaded.

        Raises:
            WorkerFailure: it did not come up.
        """
        if not self._ready:
            self._receive(monotonic() + START_SECONDS)
            self._ready = True

    def call(self, parts: Sequence[bytes]) -> bytes:
        """Send a request and return the answer.

        Raises:
            WorkerFailure: LIMIT_EXCEEDED or PARSER_FAILED; the process is to be closed.
        """
        self.wait_ready()
        self.jobs_done += 1
        deadline = monotonic() + self._timeout
        for part in parts:
            self._send(part, deadline)
        return self._receive(deadline)

    def kill(self) -> None:
        """Stop the process; a call that waits for it fails at once."""
        self._process.kill()

    def close(self) -> None:
        """End the process, whatever it does; nothing of it is left."""
        end_worker(self._process)

    def _send(self, part: bytes, deadline: float) -> None:
        pipe, rest = self._pipes[0], memoryview(part)
        while rest:
            self._wait(pipe, selectors.EVENT_WRITE, deadline)
            try:
                rest = rest[os.write(pipe, rest[:_CHUNK]) :]
            except BrokenPipeError as error:
                raise self._death() from error

    def _receive(self, deadline: float) -> bytes:
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > MAX_ANSWER_BYTES:
            raise WorkerFailure(ErrorCode.PARSER_FAILED, place="answer")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        pipe, received = self._pipes[1], bytearray()
        while len(received) < length:
            self._wait(pipe, selectors.EVENT_READ, deadline)
            chunk = os.read(pipe, length - len(received))
            if not chunk:
                raise self._death()
            received += chunk
        return bytes(received)

    def _wait(self, pipe: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, deadline - monotonic())):
                raise WorkerFailure(ErrorCode.LIMIT_EXCEEDED, place="time")

    def _death(self) -> WorkerFailure:
        """Tell why the process ended: at a limit, or broken by its input."""
        self._process.wait()
        limited = self._process.returncode in _LIMITED
        return WorkerFailure(
            ErrorCode.LIMIT_EXCEEDED if limited else ErrorCode.PARSER_FAILED,
            place="process",
        )
