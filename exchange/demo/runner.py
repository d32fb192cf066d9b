"""Runs the steps of a story in order, timed; the first that fails ends it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from exchange.commands.output import Output
from schemas.errors import Text


class CheckError(Exception):
    """A check of the demonstration did not hold; its text says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called and what it does; it returns what it found."""

    title: Text
    run: Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How one step went."""

    title: Text
    held: bool
    finding: str
    seconds: float

    def as_fields(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "step": {"vi": self.title.vi, "en": self.title.en},
            "held": self.held,
            "finding": self.finding,
            "seconds": round(self.seconds, 3),
        }


def require(held: bool, claim: str) -> None:  # noqa: FBT001 a claim reads as a sentence
    """Raise unless a claim held.

    Raises:
        CheckError: it did not.
    """
    if not held:
        raise CheckError(claim)


async def run_steps(steps: Sequence[Step], output: Output) -> list[StepOutcome]:
    """Run steps until one fails; each is shown when it is done."""
    outcomes: list[StepOutcome] = []
    for number, step in enumerate(steps, start=1):
        outcome = await _run(step)
        outcomes.append(outcome)
        output.say(_line(outcome, f"{number:>2}/{len(steps)}"))
        if not outcome.held:
            break
    return outcomes


async def _run(step: Step) -> StepOutcome:
    begun = time.perf_counter()
    try:
        held, finding = True, await step.run()
    except CheckError as error:
        held, finding = False, str(error)
    seconds = time.perf_counter() - begun
    return StepOutcome(title=step.title, held=held, finding=finding, seconds=seconds)


def _line(outcome: StepOutcome, number: str) -> Text:
    mark = "✓" if outcome.held else "✗"
    tail = f"{outcome.seconds:6.2f} s  {outcome.finding}"
    return Text(
        f"{mark} {number}  {outcome.title.vi:<52}{tail}",
        f"{mark} {number}  {outcome.title.en:<52}{tail}",
    )
