"""Killable processes for everything that parses an untrusted PDF.

Nothing here imports a PDF library: only the child does (`signing.workers.child`). The
pool of a service is in `signing.workers.pool`; a single job does without its asyncio.
"""

from signing.workers.failure import WorkerFailure, verdict_of_failure
from signing.workers.once import run_once
from signing.workers.protocol import Job, Result

__all__ = ["Job", "Result", "WorkerFailure", "run_once", "verdict_of_failure"]
