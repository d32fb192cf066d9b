"""Changed input to every parser: a coded outcome in time, and never a pass.

`make fuzz` runs the same for longer; each parser has `LIENTHONG_FUZZ_SECONDS` (15 here)
and `LIENTHONG_SEED` repeats a run.
"""

import os
import subprocess
import sys

import pytest

from tests.prove.fuzz.run import TARGETS

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]


@pytest.mark.parametrize("parser", TARGETS)
def test_changed_input_has_a_coded_outcome_and_never_passes(parser: str) -> None:
    seconds = os.environ.get("LIENTHONG_FUZZ_SECONDS", "15")
    command = [sys.executable, "-m", "tests.prove.fuzz", parser]
    ended = subprocess.run(
        command,
        env={**os.environ, "LIENTHONG_FUZZ_SECONDS": seconds},
        capture_output=True,
        text=True,
        check=False,
    )
    sys.stdout.write(ended.stdout)
    assert ended.returncode == 0, ended.stderr
    assert '"outcomes": {}' not in ended.stdout
