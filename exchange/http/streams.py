"""How many streams of events callers have open."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode


class Streams:
    """How many streams each system has open at this process.

    Args:
        most: of one system.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def opened(self, system: str) -> Iterator[None]:
        """Hold a place for the length of the block.

        Raises:
            ExchangeError: the system has as many as it may (TOO_MANY_REQUESTS).
        """
        if self._open[system] >= self._most:
            raise ExchangeError(ErrorCode.TOO_MANY_REQUESTS, place="events")
        self._open[system] += 1
        try:
            yield
        finally:
            self._open[system] -= 1
            if not self._open[system]:
                del self._open[system]
