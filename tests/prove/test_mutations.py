"""Files changed by their structure: a coded verdict in time, and no pass by a change.

`LIENTHONG_MUTATIONS` files in all (100,000), at most `LIENTHONG_MUTATION_SECONDS` for
each kind of file (3600); `LIENTHONG_SEED` repeats a run.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.mutated_files import Kind, Run, genuine

pytestmark = [pytest.mark.prove, pytest.mark.timeout(4000)]

_COUNT = int(os.environ.get("LIENTHONG_MUTATIONS", "100000"))
_SECONDS = float(os.environ.get("LIENTHONG_MUTATION_SECONDS", "3600"))
_SEED = int(os.environ.get("LIENTHONG_SEED", str(time.time_ns() % 100_000)))
_SHARES = {Kind.PDF: 0.4, Kind.CMS: 0.3, Kind.ENVELOPE: 0.15, Kind.RECEIPT: 0.15}
_WORKERS = 2


@pytest.mark.parametrize("kind", Kind)
def test_changed_file_has_a_verdict_and_passes_only_if_not_covered(
    kind: Kind, tmp_path: Path
) -> None:
    genuine(kind)
    run, count = Run(kind, _SEED, tmp_path), round(_COUNT * _SHARES[kind])
    began = time.monotonic()

    def until() -> bool:
        return time.monotonic() - began > _SECONDS

    with ThreadPoolExecutor(_WORKERS) as threads:
        numbers = [range(one, count, _WORKERS) for one in range(_WORKERS)]
        done = [threads.submit(run.judge, one, until) for one in numbers]
        for one in done:
            one.result()
    seconds, outcomes = time.monotonic() - began, run.figures.outcomes
    line = {
        "prove": "mutations",
        "kind": kind,
        "seed": _SEED,
        "cases": outcomes.total(),
        "per_second": round(outcomes.total() / seconds, 1),
        "slowest_ms": round(1000 * run.figures.slowest, 1),
        "outcomes": dict(outcomes.most_common(12)),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert outcomes.total() == count or seconds > _SECONDS
    assert len(outcomes) > 1
