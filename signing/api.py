"""The public verbs of this package: judge any file, offline."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from time import monotonic

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import FileKind, Verdict
from signing.errors import SigningError
from signing.validation.files import Question, judge_file
from signing.validation.findings import not_checked
from signing.validation.xml_signature import refused_file
from signing.worker_program import SINGLE_FILE_BYTES, SINGLE_FILE_SECONDS
from signing.workers import Job, WorkerFailure, run_once, verdict_of_failure
from signing.workers.process import WorkerLimits

LARGEST_FILE = 256 * 1024 * 1024
"""With its attachments taken out and decoded it stays below `MEMORY_BYTES`."""

MEMORY_BYTES = SINGLE_FILE_BYTES
SECONDS = SINGLE_FILE_SECONDS

TOO_LARGE = refused_file(
    FileKind.UNKNOWN, not_checked(ErrorCode.LIMIT_EXCEEDED, "file")
)
"""The verdict on a file that is not read."""


def verify_file(
    path: Path, *, material: TrustMaterial, at: datetime | None = None
) -> Verdict:
    """Judge a PDF, an edXML message, a receipt, a tree head, a transcript or a bundle.

    Nothing is fetched. A message may be saved with its MIME header. What cannot be read
    to an end within 30 s and 1.5 GiB is INDETERMINATE.

    Args:
        path: the file.
        material: what is trusted, and the revocation lists at hand.
        at: the control time; None means now, or the time of a bundle's manifest.

    Raises:
        SigningError: there is no such file, or it cannot be read (FILE_UNREADABLE).
        PkiError: a root in `material` is malformed.
    """
    data = read_file(path)
    return TOO_LARGE if data is None else verify_data(data, material=material, at=at)


def verify_data(
    data: bytes,
    *,
    material: TrustMaterial,
    at: datetime | None = None,
    waiting: "list[Popen[bytes]] | None" = None,
) -> Verdict:
    """Judge the bytes of a file, as `verify_file` does.

    Args:
        data: the whole file.
        material: what is trusted, and the revocation lists at hand.
        at: the control time; None means now, or the time of a bundle's manifest.
        waiting: workers that were started ahead to judge PDF files; those used are
            taken out.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    deadline = monotonic() + SECONDS
    question = Question(
        material=material,
        at=at,
        now=datetime.now(UTC),
        judge_pdf=_InWorker(deadline, [] if waiting is None else waiting),
        deadline=deadline,
    )
    return judge_file(data, question)


@dataclass(frozen=True, slots=True)
class _InWorker:
    """Judges a PDF in a process of its own, within the time that is left."""

    deadline: float
    waiting: "list[Popen[bytes]]"

    def __call__(
        self,
        data: bytes,
        *,
        material: TrustMaterial,
        at: datetime,
        proven_at: datetime | None = None,
    ) -> Verdict:
        seconds = self.deadline - monotonic()
        if seconds <= 0:
            out_of_time = not_checked(ErrorCode.LIMIT_EXCEEDED, "time")
            return refused_file(FileKind.PDF, out_of_time)
        try:
            result = run_once(
                Job.JUDGE_PDF,
                data,
                material=material,
                at=at,
                proven_at=proven_at,
                limits=WorkerLimits(MEMORY_BYTES, seconds),
                started=self.waiting.pop() if self.waiting else None,
            )
        except WorkerFailure as failure:
            return verdict_of_failure(failure)
        if not isinstance(result, Verdict):
            return verdict_of_failure(WorkerFailure(ErrorCode.PARSER_FAILED))
        return result


def read_file(path: Path) -> bytes | None:
    """Return the bytes of a file; None when there are more than `LARGEST_FILE`.

    Raises:
        SigningError: there is no such file, or it cannot be read (FILE_UNREADABLE).
    """
    try:
        if not path.is_file():
            raise SigningError(ErrorCode.FILE_UNREADABLE, place=path.name)
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    return data if len(data) <= LARGEST_FILE else None
