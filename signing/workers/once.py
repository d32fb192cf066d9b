"""One job in a process of its own, for the command line."""

from datetime import datetime

from pki.trust import TrustMaterial
from signing.workers.codec import decode
from signing.workers.process import WorkerLimits, WorkerProcess
from signing.workers.protocol import (
    NO_MATERIAL,
    RESULT_TYPES,
    Job,
    Request,
    Result,
    kept_after,
    read_answer,
    write_request,
)

SINGLE_FILE = WorkerLimits(memory_bytes=1536 * 1024 * 1024, timeout_seconds=30.0)
"""What one file may use on the command line (design: 30 s and 1.5 GiB)."""


def run_once(
    job: Job,
    payload: bytes,
    *,
    material: TrustMaterial = NO_MATERIAL,
    at: datetime | None = None,
    proven_at: datetime | None = None,
    limits: WorkerLimits = SINGLE_FILE,
) -> Result:
    """Do one job in a process of its own.

    Raises:
        WorkerFailure: LIMIT_EXCEEDED, PARSER_FAILED, or the refusal of the job.
    """
    request = Request(
        job=job, payload=payload, material=material, at=at, proven_at=proven_at
    )
    worker = WorkerProcess((job,), limits)
    try:
        return perform(worker, request)
    finally:
        worker.close()


def perform(worker: WorkerProcess, request: Request) -> Result:
    """Let `worker` do what is asked.

    Raises:
        WorkerFailure: LIMIT_EXCEEDED, PARSER_FAILED, or the refusal of the job.
    """
    answer = worker.call(write_request(request, worker.kept))
    worker.kept = kept_after(request, worker.kept)
    return decode(read_answer(answer), RESULT_TYPES[request.job])
