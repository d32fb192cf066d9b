"""`lienthong verify --facts` and `--from-facts`: keep what was read, judge it again."""

from datetime import datetime
from pathlib import Path

from pki.files import write_atomically
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Verdict
from signing.workers import Job, WorkerFailure, run_once


def write_facts(
    path: Path, data: bytes, *, material: TrustMaterial, at: datetime
) -> None:
    """Write the facts on a PDF file, with the evidence at hand.

    Raises:
        WorkerFailure: it has no signature, or cannot be read.
        PkiError: the facts cannot be written (FILE_UNREADABLE).
    """
    found = run_once(Job.FIND_FACTS, data, material=material, at=at)
    if not isinstance(found, tuple) or len(found) != 1:
        raise WorkerFailure(ErrorCode.PARSER_FAILED)
    write_atomically(path, found[0].encode())


def judged_again(
    data: bytes, *, material: TrustMaterial, at: datetime | None
) -> Verdict:
    """Return the verdict by facts that were kept.

    Raises:
        WorkerFailure: they are none (FACTS_INVALID), or a limit was exceeded.
    """
    found = run_once(Job.JUDGE_FACTS, data, material=material, at=at)
    if not isinstance(found, Verdict):
        raise WorkerFailure(ErrorCode.PARSER_FAILED)
    return found
