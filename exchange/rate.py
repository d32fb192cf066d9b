"""How often something may be done."""

from collections.abc import Callable
from time import monotonic


class Rate:
    """So many times a second; a second's worth may be used up at once.

    Args:
        per_second: how often.
        time: seconds that only count.
    """

    def __init__(self, per_second: int, time: Callable[[], float] = monotonic) -> None:
        self._per_second = float(per_second)
        self._time = time
        self._left = self._per_second
        self._at = time()

    def take(self) -> bool:
        """Take one turn if one is left."""
        now = self._time()
        gained = (now - self._at) * self._per_second
        self._left, self._at = min(self._per_second, self._left + gained), now
        if self._left < 1:
            return False
        self._left -= 1
        return True
