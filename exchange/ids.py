"""ULIDs of one process, each greater than the one before."""

import secrets
from datetime import datetime

from ulid import ULID

_RANDOM_BITS = 80
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_PLACES = tuple(range(120, -1, -10))


class MonotonicIds:
    """Makes ULIDs; within a millisecond, and when a clock jumps back, by counting on.

    The log is sequenced in the order of these ids, so what one process did first
    stands first.

    Args:
        after: an id all others come after, made elsewhere; none if empty.
    """

    def __init__(self, *, after: str = "") -> None:
        self._last = int(ULID.from_str(after)) if after else 0

    def new(self, at: datetime) -> str:
        """Return the next id, of the time `at` if that is later than the last."""
        milliseconds = round(at.timestamp() * 1000)
        if milliseconds <= self._last >> _RANDOM_BITS:
            self._last += 1
        else:
            chance = secrets.randbits(_RANDOM_BITS)
            self._last = milliseconds << _RANDOM_BITS | chance
        return _written(self._last)


def _written(number: int) -> str:
    return "".join([_PAIRS[number >> place & 0x3FF] for place in _PLACES])
