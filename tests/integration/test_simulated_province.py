"""A small simulated province: every inbox exactly as a simple model says.

`make prove` has it large, and with kills (`tests/prove/test_province.py`).
"""

from pathlib import Path

import pytest

from tests.prove.simulation.plan import Scale
from tests.prove.simulation.runner import simulate
from tests.support.copies import launch_copy

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

_SCALE = Scale(seed=20261121, agencies=40, systems=5, documents=60, merging=4)


async def test_small_province_with_a_merger_and_lines_that_drop(tmp_path: Path) -> None:
    outcome = await simulate(tmp_path, _SCALE, launch=launch_copy)
    assert outcome.faults == ()
    assert outcome.figures["mishaps"]
    assert outcome.figures["documents"] == _SCALE.documents
