"""What is asked of a warm worker, and of the same one again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Verdict
from signing.validation.drawn import DrawnPage
from signing.workers import Job, WorkerFailure
from signing.workers.pool import WorkerPool
from tests.support.hostile_pdf import cross_reference_bomb
from tests.support.judged_pdf import TRUSTED, judged, person_signed, sealed
from tests.support.pki import NOW
from tests.support.signed_pdf import LETTER


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    """One worker for all tests here: to start one takes most of a second."""
    async with WorkerPool(1, 1 << 30, 20) as warm:
        yield warm


async def test_worker_gives_the_same_verdict_as_this_process(pool: WorkerPool) -> None:
    for data in (person_signed(), sealed(), LETTER.read_bytes(), b"junk"):
        found = await pool.run(Job.JUDGE_PDF, data, material=TRUSTED, at=NOW)
        assert found == judged(data)


async def test_moment_of_proof_reaches_the_worker(pool: WorkerPool) -> None:
    later, data = NOW + timedelta(hours=1), person_signed()
    found = await pool.run(
        Job.JUDGE_PDF, data, material=TRUSTED, at=later, proven_at=NOW
    )
    assert found == judged(data, at=later, proven_at=NOW)


async def test_lines_of_the_first_page_are_read(pool: WorkerPool) -> None:
    lines = await pool.run(Job.FIRST_PAGE_LINES, LETTER.read_bytes())
    assert lines[:2] == ("ỦY BAN NHÂN DÂN", "XÃ SUỐI MÂY")  # type: ignore[index]  # lines
    with pytest.raises(WorkerFailure) as failure:
        await pool.run(Job.FIRST_PAGE_LINES, b"junk")
    assert failure.value.code is ErrorCode.PDF_MALFORMED


async def test_page_is_drawn_in_a_worker(pool: WorkerPool) -> None:
    drawn = await pool.run(Job.DRAW_PAGE, LETTER.read_bytes(), instructions=b"2")
    assert isinstance(drawn, DrawnPage)
    assert drawn.number == 2
    assert drawn.png.startswith(b"\x89PNG")


async def test_cancelled_caller_does_not_lose_a_worker(pool: WorkerPool) -> None:
    for _ in range(5):
        job = asyncio.create_task(
            pool.run(Job.JUDGE_PDF, person_signed(), material=TRUSTED, at=NOW)
        )
        await asyncio.sleep(0.001)
        job.cancel()
    found = await pool.run(Job.JUDGE_PDF, person_signed(), material=TRUSTED, at=NOW)
    assert found == judged(person_signed())


async def test_bomb_does_not_reach_the_parent(pool: WorkerPool) -> None:
    found = await pool.run(
        Job.JUDGE_PDF, cross_reference_bomb(), material=TRUSTED, at=NOW
    )
    assert isinstance(found, Verdict)
    assert found.indication is Indication.TOTAL_FAILED
