"""Killable processes for everything that parses an untrusted PDF.

Nothing here imports a PDF library: only the child does (`signing.workers.child`).
"""

from signing.workers.failure import WorkerFailure, verdict_of_failure
from signing.workers.pool import WorkerPool, run_once
from signing.workers.protocol import Job, Result

__all__ = [
    "Job",
    "Result",
    "WorkerFailure",
    "WorkerPool",
    "run_once",
    "verdict_of_failure",
]
