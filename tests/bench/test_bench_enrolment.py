"""A whole province in one run: all checks, two journals, a file per certificate."""

import time
from pathlib import Path

import pytest

from tests.support.batches import batch_files
from tests.support.cli import lienthong

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

ROWS = 3_000
BAR_SECONDS = 180


def test_three_thousand_enrolments_within_three_minutes(tmp_path: Path) -> None:
    var, files = tmp_path / "var", batch_files(tmp_path, rows=ROWS)
    lienthong("pki", "init", "--name", "Tỉnh", "--approvals", "none", "--var", var)
    words = ("--requests", files.requests, "--out", files.out, "--var", var, "--json")

    began = time.perf_counter()
    said = lienthong("pki", "batch", files.table, *words)
    took = time.perf_counter() - began

    assert said.json["issued"] == ROWS
    assert took < BAR_SECONDS, f"{ROWS} enrolments: {took:.1f} s"
