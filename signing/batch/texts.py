"""The text of one document after the other, read by one warm worker."""

from typing import Self

from schemas.errors import ErrorCode
from signing.pades.text_lines import DocumentText
from signing.workers.failure import WorkerFailure
from signing.workers.once import SINGLE_FILE, perform
from signing.workers.process import WorkerProcess
from signing.workers.protocol import Job, Request

_JOBS_PER_PROCESS = 1000
"""Then a fresh process follows, so that nothing a file left behind lasts."""

_BREAKING = {ErrorCode.LIMIT_EXCEEDED, ErrorCode.PARSER_FAILED}


class TextReader:
    """Reads what is printed on documents, in a process without the key (ADR 23)."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None

    def read(self, document: bytes) -> DocumentText:
        """Return what is printed on a document.

        Raises:
            WorkerFailure: it is no PDF to read, or not within the limits of a worker.
        """
        worker = self._ready()
        try:
            text = perform(worker, Request(job=Job.DOCUMENT_TEXT, payload=document))
        except WorkerFailure as failure:
            if failure.code in _BREAKING:
                self.close()
            raise
        if not isinstance(text, DocumentText):
            raise WorkerFailure(ErrorCode.PARSER_FAILED, place="answer")
        return text

    def close(self) -> None:
        """End the worker; the next document gets a fresh one."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def __enter__(self) -> Self:
        """Start the worker; it loads while something else is done."""
        self._ready()
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker."""
        self.close()

    def _ready(self) -> WorkerProcess:
        if self._worker is not None and self._worker.jobs_done >= _JOBS_PER_PROCESS:
            self.close()
        if self._worker is None:
            self._worker = WorkerProcess((Job.DOCUMENT_TEXT,), SINGLE_FILE)
        return self._worker
