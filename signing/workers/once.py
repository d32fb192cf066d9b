"""One job in a process of its own, for the command line."""

from datetime import datetime
from subprocess import Popen

from pki.trust import TrustMaterial
from signing.worker_program import SINGLE_FILE_BYTES, SINGLE_FILE_SECONDS
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

SINGLE_FILE = WorkerLimits(SINGLE_FILE_BYTES, SINGLE_FILE_SECONDS)


def run_once(
    job: Job,
    payload: bytes,
    *,
    material: TrustMaterial = NO_MATERIAL,
    at: datetime | None = None,
    proven_at: datetime | None = None,
    limits: WorkerLimits = SINGLE_FILE,
    started: "Popen[bytes] | None" = None,
) -> Result:
    """Do one job in a process of its own.

    Args:
        job: the only one the process can do.
        payload: the file.
        material: what is trusted.
        at: the control time.
        proven_at: a time at which the file is proven to have existed.
        limits: what the job may use.
        started: a program that was started ahead for this job, with no less.

    Raises:
        WorkerFailure: LIMIT_EXCEEDED, PARSER_FAILED, or the refusal of the job.
    """
    request = Request(
        job=job, payload=payload, material=material, at=at, proven_at=proven_at
    )
    worker = WorkerProcess((job,), limits, started)
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
