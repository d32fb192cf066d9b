"""The command line as a user calls it, and one run of the demonstration."""

import json
import subprocess
import sys
from pathlib import Path


def lienthong(*words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run one verb in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "exchange", *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


PRODUCTS = "demo"
"""The folder of its products, below that of the run."""


def run_demonstration(var: Path) -> None:
    """Run the demonstration as a user does.

    Raises:
        RuntimeError: a step of it did not hold.
    """
    done = lienthong("demo", "--json", "--var", str(var), timeout=120)
    story = json.loads(done.stdout)
    broken = [step for step in story["steps"] if not step["held"]]
    if broken or not story["held"] or done.returncode:
        raise RuntimeError(f"exit {done.returncode}: {broken}")
