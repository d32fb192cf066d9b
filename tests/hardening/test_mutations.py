"""A short run of files changed by their structure; the long one is in tests/prove."""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from schemas.verdict import Indication
from signing.api import verify_data
from signing.workers import Job, WorkerFailure, verdict_of_failure
from signing.workers.pool import WorkerPool
from tests.support import hostile_pdf as hostile
from tests.support.judged_pdf import TRUSTED, person_signed
from tests.support.mutated_files import Kind, Run, genuine, made
from tests.support.pki import NOW
from tests.support.processes import children_of

_SEED = 20261121
_COUNTS = {Kind.PDF: 40, Kind.CMS: 40, Kind.ENVELOPE: 120, Kind.RECEIPT: 120}
_SECONDS, _MEMORY = 0.02, 512 << 20
_HOSTILE: tuple[Callable[[], bytes], ...] = (
    hostile.cross_reference_bomb,
    hostile.object_stream_bomb,
    hostile.deep_page_tree,
    hostile.deep_array,
    hostile.field_loop,
    hostile.claimed_entries,
    hostile.startxref_loop,
    lambda: person_signed()[:-700],
    bytes,
)


@pytest.mark.parametrize("kind", Kind)
def test_changed_file_has_a_verdict_and_passes_only_if_not_covered(
    kind: Kind, tmp_path: Path
) -> None:
    run, end = Run(kind, _SEED, tmp_path), monotonic() + 6
    run.judge(range(_COUNTS[kind]), lambda: monotonic() > end)
    assert run.figures.outcomes.total() > 1


@pytest.mark.parametrize("kind", Kind)
def test_same_number_makes_the_same_change(kind: Kind) -> None:
    assert genuine(kind)
    assert made(kind, _SEED, 3) == made(kind, _SEED, 3)
    assert made(kind, _SEED, 3) != made(kind, _SEED, 4)


async def test_no_worker_is_left_behind_after_hostile_files() -> None:
    """Also not of those that were killed at a limit, one by one or in a pool."""
    before = set(children_of(os.getpid()))
    ended = set()
    async with WorkerPool(2, _MEMORY, _SECONDS) as pool:
        for build in _HOSTILE:
            running = set(children_of(os.getpid())) - before
            assert len(running) == 2
            ended |= running
            try:
                await pool.run(Job.JUDGE_PDF, build(), material=TRUSTED, at=NOW)
            except WorkerFailure as failure:
                verdict = verdict_of_failure(failure)
                assert verdict.indication is not Indication.TOTAL_PASSED
    assert len(ended) > 2, "a limit was never exceeded"
    assert set(children_of(os.getpid())) <= before


def test_no_process_is_left_behind_by_single_files() -> None:
    before = set(children_of(os.getpid()))
    for build in (hostile.object_stream_bomb, hostile.deep_array, hostile.field_loop):
        verdict = verify_data(build(), material=TRUSTED, at=NOW)
        assert verdict.indication is not Indication.TOTAL_PASSED
    assert set(children_of(os.getpid())) <= before
