"""What is changed, how, and what is asked of a changed input."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from schemas.errors import CodedError
from schemas.verdict import Indication, Verdict
from tests.support.mutating import Mutator

Change = Callable[[bytes, Random], bytes]

_STRUCTURED = 0.5
_ROUNDS = (1, 1, 1, 2, 3)


class RuleBrokenError(Exception):
    """A changed input that counts as genuine, or an end without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parser.

    Args:
        seeds: makes inputs that are right; they are the same for the same keys.
        judge: takes the input before and after the change, and chance; gives the
            outcome, and raises when a rule is broken.
        change: changes an input by its structure; None: its octets alone are changed.
    """

    seeds: Callable[[], Sequence[bytes]]
    judge: Callable[[bytes, bytes, Random], str]
    change: Change | None = None

    def made(self, seeds: Sequence[bytes], chance: Random) -> tuple[bytes, bytes]:
        """Return an input, and what became of it."""
        if self.change is None or chance.random() > _STRUCTURED:
            return Mutator(seeds, chance).pick()
        seed = data = chance.choice(seeds)
        for _ in range(chance.choice(_ROUNDS)):
            try:
                data = self.change(data, chance)
            except (CodedError, ValueError, IndexError):
                _, data = Mutator((data,), chance).pick()
        return seed, data


def require(*, holds: bool, rule: str) -> None:
    """Check a rule.

    Raises:
        RuleBrokenError: it is broken.
    """
    if not holds:
        raise RuleBrokenError(rule)


def coded(work: Callable[[], str]) -> str:
    """Return what came of `work`: a refusal by its code is an outcome too."""
    try:
        return work()
    except CodedError as error:
        return str(error.code)


def outcome_of(verdict: Verdict, is_same: Callable[[], bool]) -> str:
    """Return what a verdict says first; it passes only what says the same as before.

    Raises:
        RuleBrokenError: it passes something else, or gives no reason.
    """
    if verdict.indication is Indication.TOTAL_PASSED:
        require(holds=is_same(), rule="a changed file passes")
        return "passed, same content"
    own = [reason for one in verdict.signatures for reason in one.reasons]
    reasons = [*own, *verdict.reasons]
    require(holds=bool(reasons), rule="no reason")
    return str(reasons[0].code)
