"""``python -m tests.prove.fuzz [PARSER …]``: each parser in a process of its own.

`LIENTHONG_FUZZ_SECONDS` for each parser (60), `LIENTHONG_SEED` (20261121): the same
seed makes the same keys and the same inputs by number, and how many there are depends
on the time. ``--number N`` makes and judges one input again.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

_PROCESSES = 2
_SEED = os.environ.get("LIENTHONG_SEED", "20261121")
_SECONDS = os.environ.get("LIENTHONG_FUZZ_SECONDS", "60")
_ALONE = "LIENTHONG_FUZZ_ALONE"
_START_SECONDS = 120


def main(arguments: Sequence[str]) -> int:
    """Run the parsers named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.fuzz")
    parser.add_argument("parsers", nargs="*")
    parser.add_argument("--number", type=int)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(arguments)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    if _ALONE in os.environ:
        return _alone(asked.parsers[0], asked.number, folder)
    from tests.prove.fuzz.run import TARGETS  # noqa: PLC0415 - keys are made on import

    names = asked.parsers or list(TARGETS)
    with ThreadPoolExecutor(_PROCESSES) as threads:
        codes = list(
            threads.map(lambda name: _spawned(name, asked.number, folder), names)
        )
    return max(codes)


def _alone(name: str, number: int | None, folder: Path) -> int:
    # The library that writes PDF files draws their identifiers by this.
    os.urandom = Random(_SEED).randbytes
    from tests.prove.fuzz.run import Plan, run  # noqa: PLC0415 - keys are made on import

    first, most = (0, sys.maxsize) if number is None else (number, 1)
    plan = Plan(
        parser=name,
        seed=int(_SEED),
        seconds=float(_SECONDS),
        folder=folder,
        first=first,
        most=most,
    )
    run(plan)
    return 0


def _spawned(name: str, number: int | None, folder: Path) -> int:
    """Run one parser in a process whose keys and hashes are drawn from the seed."""
    only = [] if number is None else ["--number", str(number)]
    command = [sys.executable, "-m", "tests.prove.fuzz", name, "--folder", str(folder)]
    drawn = {"LIENTHONG_KEY_SEED": _SEED, "PYTHONHASHSEED": "0", _ALONE: "1"}
    # The library warns of odd names in certificates, which is what they are for here.
    drawn["PYTHONWARNINGS"] = "ignore::UserWarning"
    ended = subprocess.run(
        [*command, *only],
        env={**os.environ, **drawn},
        check=False,
        timeout=float(_SECONDS) + _START_SECONDS,
    )
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
