"""One parser for a time: what came of the changed inputs."""

import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

from tests.prove.fuzz import evidence, facts, messages, pdf, policy, remote
from tests.prove.fuzz.target import RuleBrokenError, Target
from tests.support.processes import children_of

TARGETS: dict[str, Target] = {
    **messages.TARGETS,
    **evidence.TARGETS,
    **policy.TARGETS,
    **facts.TARGETS,
    **pdf.TARGETS,
    **remote.TARGETS,
}
_CPU_SECONDS = 10.0
"""Most processor time that one input may take in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is run.

    Args:
        parser: name of the target.
        seed: the same seed and number make the same input.
        seconds: how long.
        folder: where an input that breaks a rule is kept.
        first: number of the first input.
        most: how many inputs at most.
    """

    parser: str
    seed: int
    seconds: float
    folder: Path
    first: int = 0
    most: int = sys.maxsize


@dataclass(slots=True)
class Tally:
    """What came of the inputs."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


def run(plan: Plan) -> None:
    """Judge changed inputs until the time is over; print one line.

    Raises:
        RuleBrokenError: an input broke a rule; it is kept, and said how to repeat it.
    """
    target = TARGETS[plan.parser]
    seeds, tally, number = tuple(target.seeds()), Tally(), plan.first
    end = time.monotonic() + plan.seconds
    try:
        while time.monotonic() < end and number - plan.first < plan.most:
            _one(plan, target, seeds, number, tally)
            number += 1
    finally:
        pdf.close()
    if children_of(os.getpid()):
        raise RuleBrokenError(f"{plan.parser}: a process is left behind")
    line = {
        "prove": "fuzz",
        "parser": plan.parser,
        "seed": plan.seed,
        "seeds": sha256(b"".join(seeds)).hexdigest()[:12],
        "cases": tally.outcomes.total(),
        "per_second": round(tally.outcomes.total() / plan.seconds, 1),
        "slowest_cpu_ms": round(1000 * tally.slowest, 1),
        "outcomes": dict(tally.outcomes.most_common(6)),
    }
    sys.stdout.write(json.dumps(line) + "\n")


def _one(
    plan: Plan, target: Target, seeds: tuple[bytes, ...], number: int, tally: Tally
) -> None:
    chance = Random(f"{plan.parser}-{plan.seed}-{number}")
    seed, data = target.made(seeds, chance)
    began = time.thread_time()
    try:
        outcome = target.judge(seed, data, chance)
    except Exception as error:
        place = _kept(plan, number, seed, data)
        raise RuleBrokenError(f"{error!r}: {place}") from error
    seconds = time.thread_time() - began
    tally.outcomes[outcome] += 1
    tally.slowest = max(tally.slowest, seconds)
    if seconds > _CPU_SECONDS:
        place = _kept(plan, number, seed, data)
        raise RuleBrokenError(f"{seconds:.1f} s: {place}")


def _kept(plan: Plan, number: int, seed: bytes, data: bytes) -> str:
    """Keep an input, and return how to make it again."""
    path = plan.folder / f"{plan.parser}-{plan.seed}-{number}"
    path.write_bytes(data)
    path.with_suffix(".genuine").write_bytes(seed)
    return (
        f"LIENTHONG_SEED={plan.seed} python -m tests.prove.fuzz"
        f" {plan.parser} --number {number} ({path}, genuine {len(seed)} octets)"
    )
