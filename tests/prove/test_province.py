"""A simulated province: every inbox exactly as a simple model says.

`LIENTHONG_PROVINCE_DOCUMENTS` (10,000) go through 624 agencies on 40 systems whose
lines drop, 14 communes merge half way; `LIENTHONG_PROVINCE_YEAR=1` takes a whole year,
100,000. `LIENTHONG_PROVINCE_KILLS` (12) end service and database meanwhile, in a run of
its own; another ends primaries of a set of three. `LIENTHONG_SEED` repeats a run.
"""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.prove.simulation.kills import Victims
from tests.prove.simulation.plan import Scale
from tests.prove.simulation.runner import Outcome, simulate

pytestmark = [pytest.mark.prove, pytest.mark.timeout(9000)]

_IS_YEAR = os.environ.get("LIENTHONG_PROVINCE_YEAR") == "1"
_DOCUMENTS = int(
    os.environ.get("LIENTHONG_PROVINCE_DOCUMENTS", "100000" if _IS_YEAR else "10000")
)
_KILLED_DOCUMENTS = int(os.environ.get("LIENTHONG_PROVINCE_KILLED_DOCUMENTS", "1000"))
_KILLS = int(os.environ.get("LIENTHONG_PROVINCE_KILLS", "12"))
_SIZE = float(os.environ.get("LIENTHONG_PROVINCE_SIZE", "0.01"))
_SEED = int(os.environ.get("LIENTHONG_SEED", "20261121"))


def scale(documents: int) -> Scale:
    return Scale(seed=_SEED, documents=documents, size=_SIZE)


def told(outcome: Outcome) -> tuple[str, ...]:
    """Write the figures of a run; return what is wrong."""
    sys.stdout.write(json.dumps(outcome.figures) + "\n")
    for name, found in outcome.figures.items():
        sys.stdout.write(f"{name:>32}  {found}\n")
    return outcome.faults


async def test_every_inbox_is_as_the_model_says(tmp_path: Path) -> None:
    outcome = await simulate(tmp_path, scale(_DOCUMENTS))
    assert told(outcome) == ()


@pytest.mark.parametrize("victims", list(Victims), ids=str)
async def test_kills_change_nothing(tmp_path: Path, victims: Victims) -> None:
    outcome = await simulate(
        tmp_path, scale(_KILLED_DOCUMENTS), victims=victims, kills=_KILLS
    )
    assert told(outcome) == ()
    assert outcome.figures["kills"] == _KILLS
