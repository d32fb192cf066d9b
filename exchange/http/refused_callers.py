"""Which refusals of callers that nobody knows are written on the audit trail.

Anybody may ask without being known, as often as the line carries it: a scanner, or a
system whose certificate ended and that asks every second. The trail has the first ones
of each hour from one address, and how many were left out since; counters have all.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from exchange.http.buckets import MOST_NAMES, Buckets

LINES_PER_HOUR: Final = 60
"""Of one address with one certificate, or with none."""

_HOUR = 3600.0


class RefusedCallers:
    """Counts refusals by who was refused, for one process.

    Args:
        clock: counts seconds, never backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = Buckets(LINES_PER_HOUR, seconds=_HOUR, clock=clock)
        self._left_out: OrderedDict[str, int] = OrderedDict()

    def before(self, name: str) -> int | None:
        """Return how many were left out before this one, None if it is as well."""
        if self._lines.take(name):
            return self._left_out.pop(name, 0)
        self._left_out[name] = self._left_out.get(name, 0) + 1
        if len(self._left_out) > MOST_NAMES:
            self._left_out.popitem(last=False)
        return None
