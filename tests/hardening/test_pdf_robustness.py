"""Hostile files through a worker: a verdict or a coded failure, within bounds."""

from collections.abc import AsyncIterator, Callable

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Verdict
from signing.workers import Job, WorkerFailure, verdict_of_failure
from signing.workers.pool import WorkerPool
from tests.support import hostile_pdf as hostile
from tests.support.cpu import soon
from tests.support.judged_pdf import TRUSTED, codes, judged, person_signed
from tests.support.pki import NOW

_SECONDS = 6.0
_MEMORY = 512 * 1024 * 1024


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(1, _MEMORY, _SECONDS) as running:
        yield running


async def _verdict(pool: WorkerPool, data: bytes) -> Verdict:
    try:
        found = await pool.run(Job.JUDGE_PDF, data, material=TRUSTED, at=NOW)
    except WorkerFailure as failure:
        return verdict_of_failure(failure)
    if not isinstance(found, Verdict):
        raise TypeError
    return found


async def test_worker_still_judges_after_hostile_files(pool: WorkerPool) -> None:
    for data in (hostile.deep_array(), hostile.object_stream_bomb(), b""):
        await _verdict(pool, data)
    verdict = await _verdict(pool, person_signed())
    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (hostile.deep_array, ErrorCode.PDF_MALFORMED),
        (hostile.field_loop, ErrorCode.PDF_MALFORMED),
        (hostile.shared_fields, ErrorCode.PDF_MALFORMED),
        (hostile.startxref_loop, ErrorCode.PDF_MALFORMED),
        (hostile.claimed_entries, ErrorCode.PDF_MALFORMED),
        (lambda: hostile.cross_reference_bomb(5), ErrorCode.PDF_MALFORMED),
        (lambda: hostile.deep_page_tree(3000), ErrorCode.NOT_SIGNED),
    ],
)
def test_hostile_file_gives_its_verdict_quickly(
    build: Callable[[], bytes], expected: ErrorCode
) -> None:
    data = build()
    with soon(5):
        assert codes(judged(data)) == {expected}
