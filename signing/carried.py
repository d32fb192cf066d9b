"""What files carry to be judged by, found by one worker for all of them."""

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType

from pki.trust import TrustMaterial
from signing.validation.found import EvidenceFound
from signing.workers import Job, WorkerFailure
from signing.workers.once import SINGLE_FILE, perform
from signing.workers.process import WorkerProcess
from signing.workers.protocol import Request


class EvidenceFinder(AbstractContextManager["EvidenceFinder"]):
    """Finds certificates, lists, answers and time stamps in files.

    Its worker starts with the first file; another takes its place when a file broke it.
    """

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the worker."""
        self._drop()

    def find(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> EvidenceFound:
        """Return what a file carries; one that breaks the worker carries nothing.

        Args:
            data: the file.
            material: what is trusted: a bundle is opened by it.
            now: the control time.
        """
        request = Request(
            job=Job.FIND_EVIDENCE, payload=data, material=material, now=now
        )
        try:
            found = perform(self._started(), request)
        except WorkerFailure:
            self._drop()
            return EvidenceFound()
        return found if isinstance(found, EvidenceFound) else EvidenceFound()

    def _started(self) -> WorkerProcess:
        if self._worker is None:
            self._worker = WorkerProcess((Job.FIND_EVIDENCE,), SINGLE_FILE)
        return self._worker

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None
