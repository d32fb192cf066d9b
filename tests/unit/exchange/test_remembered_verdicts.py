"""The service judges the same file once while the verdict holds."""

from datetime import datetime, timedelta

import pytest

from exchange.remembered_verdicts import RememberedVerdicts
from pki.trust import TrustMaterial
from schemas.verdict import Verdict
from signing.workers.failure import WorkerFailure
from tests.support.judged_pdf import TRUSTED, person_signed
from tests.support.pki import NOW
from tests.support.world import CrashingPdfs, InProcessPdfs

LATER = NOW + timedelta(seconds=1)


class CountedPdfs(InProcessPdfs):
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        self.asked += 1
        return await super().judge(data, material=material, at=at)

    async def judge_file(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> Verdict:
        self.asked += 1
        return await super().judge_file(data, material=material, now=now)


async def test_same_file_is_judged_once_in_each_way() -> None:
    counted = CountedPdfs()
    pdfs = RememberedVerdicts(counted)
    data = person_signed()
    first = await pdfs.judge(data, material=TRUSTED, at=NOW)
    assert await pdfs.judge(data, material=TRUSTED, at=LATER) == first
    whole = await pdfs.judge_file(data, material=TRUSTED, now=NOW)
    assert await pdfs.judge_file(data, material=TRUSTED, now=LATER) == whole
    assert counted.asked == 2


async def test_changed_file_or_newer_lists_are_judged_again() -> None:
    counted = CountedPdfs()
    pdfs = RememberedVerdicts(counted)
    without = TrustMaterial(TRUSTED.roots)
    for data, material in (
        (person_signed(), TRUSTED),
        (person_signed() + b"\n", TRUSTED),
        (person_signed(), without),
    ):
        await pdfs.judge(data, material=material, at=NOW)
    assert counted.asked == 3


async def test_failure_of_a_worker_is_not_remembered() -> None:
    pdfs = RememberedVerdicts(CrashingPdfs())
    for _ in range(2):
        with pytest.raises(WorkerFailure):
            await pdfs.judge(b"%PDF-1.7", material=TRUSTED, at=NOW)
