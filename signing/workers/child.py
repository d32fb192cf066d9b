"""The worker process: ``python -m signing.workers.child MEMORY_BYTES SECONDS JOB…``.

It limits itself before it reads anything, answers one request at a time, and ends with
its standard input. The jobs named are loaded before it says that it is ready; what
Python compiles for them it may write down, so that the next worker starts sooner.
"""

import gc
import os
import resource
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO

from schemas.errors import CodedError, ErrorCode
from signing.workers.codec import encode
from signing.workers.protocol import (
    DONE,
    FAILED,
    LENGTH,
    NO_MATERIAL,
    OUT_OF_MEMORY,
    SIGNING_JOBS,
    Job,
    Request,
    Result,
    kept_after,
    read_request,
)

_MAX_OPEN_FILES = 64
_CPU_MARGIN_SECONDS = 1

_Performer = Callable[[Request], Result]


def main(arguments: list[str]) -> None:
    """Limit this process, load the jobs, then answer until the input ends."""
    memory_bytes, seconds = int(arguments[0]), int(arguments[1])
    _limit_process(memory_bytes)
    performers = _load_all([Job(name) for name in arguments[2:]])
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    requests, answers = _take_pipes()
    _send(answers, DONE)
    kept = NO_MATERIAL
    try:
        while (request := read_request(requests, kept)) is not None:
            kept = kept_after(request, kept)
            _limit_processor_time(seconds)
            _send(answers, _answer(performers[request.job], request))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


def _limit_process(memory_bytes: int) -> None:
    for which, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (limit, limit))


def _limit_processor_time(seconds: int) -> None:
    """Allow `seconds` of processor time from now on; the limit counts from birth."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + _CPU_MARGIN_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, hard))


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the two pipes for the protocol: a library that prints cannot reach them."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return requests, answers


def _load_all(jobs: Sequence[Job]) -> dict[Job, _Performer]:
    """Load the jobs; what is loaded stays, so no garbage is looked for in it."""
    gc.disable()
    performers = {job: _load(job) for job in jobs}
    gc.freeze()
    gc.enable()
    return performers


def _load(job: Job) -> _Performer:
    # Each job loads its own heavy library only: a cold start pays for one of them.
    if job is Job.JUDGE_PDF:
        from signing.workers.judging import judge  # noqa: PLC0415

        return judge
    if job is Job.FIND_EVIDENCE:
        from signing.workers.finding import find_evidence  # noqa: PLC0415

        return find_evidence
    if job in {Job.FIND_FACTS, Job.JUDGE_FACTS}:
        from signing.workers.kept import find_facts, judge_again  # noqa: PLC0415

        return find_facts if job is Job.FIND_FACTS else judge_again
    if job is Job.JUDGE_FILE:
        from signing.workers.judging_files import judge_any  # noqa: PLC0415

        return judge_any
    if job in SIGNING_JOBS:
        from signing.workers.signing_jobs import PERFORMERS  # noqa: PLC0415

        return PERFORMERS[job]
    from signing.workers import reading  # noqa: PLC0415

    return reading.PERFORMERS[job]


def _answer(perform: _Performer, request: Request) -> bytes:
    try:
        return DONE + encode(perform(request))
    except MemoryError:
        return _failure(ErrorCode.LIMIT_EXCEEDED)
    except CodedError as error:
        return _failure(error.code)
    except Exception:  # noqa: BLE001 - the outermost edge of this process
        return _failure(ErrorCode.PARSER_FAILED)


def _failure(code: ErrorCode) -> bytes:
    return FAILED + code.encode()


def _send(answers: BinaryIO, answer: bytes) -> None:
    answers.write(LENGTH.pack(len(answer)))
    answers.write(answer)
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
