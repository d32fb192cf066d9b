"""Proofs of existence: what is known to have been there when (5.6.2.3)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything in the file before `end` existed at `at`."""

    at: datetime
    end: int


@dataclass(frozen=True, slots=True)
class Proofs:
    """All proofs of one file."""

    found: tuple[Proof, ...] = ()

    def earliest(self, position: int) -> datetime | None:
        """Return when the octet at `position` is first proven to have existed.

        A document time stamp does not prove itself: its own `end` is not before it.
        """
        return min((one.at for one in self.found if position < one.end), default=None)

    def and_also(self, proof: Proof) -> "Proofs":
        """Return these and one more."""
        return Proofs((*self.found, proof))
