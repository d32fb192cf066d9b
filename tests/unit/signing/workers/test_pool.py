"""Workers: warm, limited, killed, replaced, gone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Verdict
from signing.workers import (
    Job,
    WorkerFailure,
    run_once,
    verdict_of_failure,
)
from signing.workers.pool import WorkerPool
from signing.workers.process import WorkerLimits, WorkerProcess
from tests.support.judged_pdf import TRUSTED, judged, person_signed, sealed
from tests.support.pki import NOW
from tests.support.signed_pdf import LETTER
from tests.support.small_pdf import small_pdf

MIB = 1024**2
GIB = 1024 * MIB


def _children() -> set[int]:
    listed = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(one) for path in listed for one in path.read_text().split()}


def _workers() -> list[int]:
    return [one for one in _children() if b"signing.workers.child" in _command(one)]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _limit(process: int, name: str) -> str:
    lines = Path(f"/proc/{process}/limits").read_text().splitlines()
    (line,) = (one for one in lines if one.startswith(name))
    return line.removeprefix(name).split()[0]


def _environment(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


def _opened(process: int) -> set[str]:
    links = Path(f"/proc/{process}/fd").iterdir()
    return {str(one.readlink()).split(":", maxsplit=1)[0] for one in links}


def _many_objects() -> bytes:
    """A catalog with an array of numbers that each become an object."""
    return small_pdf(catalog="/Long [" + "7 " * 1_000_000 + "]")


def _slow() -> bytes:
    """The same, long enough for any deadline."""
    return small_pdf(catalog="/Long [" + "7 " * 5_000_000 + "]")


async def test_many_jobs_share_few_workers() -> None:
    async with WorkerPool(2, GIB, 20) as pool:
        jobs = [
            pool.run(Job.JUDGE_PDF, person_signed(), material=TRUSTED, at=NOW)
            for _ in range(10)
        ]
        verdicts = await asyncio.gather(*jobs)
        assert len(_workers()) == 2
    assert all(isinstance(one, Verdict) for one in verdicts)


async def test_closed_pool_leaves_no_process() -> None:
    async with WorkerPool(3, GIB, 20):
        assert len(_workers()) == 3
    assert _workers() == []


async def test_closing_ends_workers_that_are_busy() -> None:
    pool = WorkerPool(1, 4 * GIB, 60)
    await pool.start()
    busy = asyncio.create_task(
        pool.run(Job.JUDGE_PDF, _slow(), material=TRUSTED, at=NOW)
    )
    await asyncio.sleep(0.5)
    await pool.close()
    assert _workers() == []
    with pytest.raises(WorkerFailure):
        await busy


async def test_job_over_its_time_is_killed_and_the_worker_replaced() -> None:
    async with WorkerPool(1, 4 * GIB, 3.0) as pool:
        before = _workers()
        with pytest.raises(WorkerFailure) as failure:
            await pool.run(Job.JUDGE_PDF, _slow(), material=TRUSTED, at=NOW)
        assert failure.value.code is ErrorCode.LIMIT_EXCEEDED
        assert _workers() != before
        lines = await pool.run(Job.FIRST_PAGE_LINES, LETTER.read_bytes())
        assert lines


@pytest.mark.parametrize("build", [_many_objects, lambda: bytes(200 * MIB)])
async def test_job_over_its_memory_fails_by_code(build: Callable[[], bytes]) -> None:
    async with WorkerPool(1, 120 * MIB, 20) as pool:
        with pytest.raises(WorkerFailure) as failure:
            await pool.run(Job.JUDGE_PDF, build(), material=TRUSTED, at=NOW)
        assert failure.value.code is ErrorCode.LIMIT_EXCEEDED
        found = await pool.run(Job.JUDGE_PDF, person_signed(), material=TRUSTED, at=NOW)
        assert found == judged(person_signed())


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGSEGV, ErrorCode.PARSER_FAILED),
        (signal.SIGXCPU, ErrorCode.LIMIT_EXCEEDED),
    ],
)
async def test_dead_worker_is_named_and_replaced(
    number: signal.Signals, code: ErrorCode
) -> None:
    async with WorkerPool(1, GIB, 20) as pool:
        (process,) = _workers()
        os.kill(process, number)
        with pytest.raises(WorkerFailure) as failure:
            await pool.run(Job.JUDGE_PDF, person_signed(), material=TRUSTED, at=NOW)
        assert failure.value.code is code
        found = await pool.run(Job.JUDGE_PDF, person_signed(), material=TRUSTED, at=NOW)
        assert found == judged(person_signed())


async def test_worker_is_limited_and_inherits_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIENTHONG__KEYS__PASSPHRASE", "not for workers")
    async with WorkerPool(1, GIB, 20):
        (process,) = _workers()
        assert _limit(process, "Max address space") == str(GIB)
        assert _limit(process, "Max core file size") == "0"
        assert int(_limit(process, "Max open files")) <= 64
        assert _limit(process, "Max file size") == "0"
        assert b"PASSPHRASE" not in _environment(process)
        assert _opened(process) <= {"/dev/null", "pipe"}


def test_single_job_needs_no_pool_and_leaves_no_process() -> None:
    found = run_once(Job.JUDGE_PDF, sealed(), material=TRUSTED, at=NOW)
    assert found == judged(sealed())
    assert _workers() == []


def test_single_job_without_control_time_is_refused() -> None:
    with pytest.raises(WorkerFailure) as failure:
        run_once(Job.JUDGE_PDF, person_signed(), material=TRUSTED)
    assert failure.value.code is ErrorCode.REQUEST_INVALID


def test_single_job_is_bounded_too() -> None:
    with pytest.raises(WorkerFailure) as failure:
        run_once(
            Job.JUDGE_PDF,
            _slow(),
            material=TRUSTED,
            at=NOW,
            limits=WorkerLimits(memory_bytes=4 * GIB, timeout_seconds=0.4),
        )
    assert failure.value.code is ErrorCode.LIMIT_EXCEEDED
    assert _workers() == []


def test_failure_is_neither_valid_nor_proved_invalid() -> None:
    verdict = verdict_of_failure(WorkerFailure(ErrorCode.LIMIT_EXCEEDED))
    assert verdict.indication is Indication.INDETERMINATE
    assert [one.code for one in verdict.reasons] == [ErrorCode.LIMIT_EXCEEDED]


def test_worker_that_cannot_start_is_a_failure() -> None:
    worker = WorkerProcess((Job.JUDGE_PDF,), WorkerLimits(1024 * 1024, 1))
    try:
        with pytest.raises(WorkerFailure):
            worker.wait_ready()
    finally:
        worker.close()


def test_parent_loads_no_pdf_library() -> None:
    asked = (
        "import sys, signing.workers; "
        "print([one for one in ('pyhanko', 'pypdfium2', 'asn1crypto') "
        "if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
