"""How many envelopes one process takes in at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode


class Gate:
    """Refuses at once what would only queue up; the peer comes back later.

    Args:
        places: how many may be inside.
    """

    def __init__(self, places: int) -> None:
        self._free = places

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Hold a place for the length of the block.

        Raises:
            ExchangeError: all places are taken (OVERLOADED).
        """
        if not self._free:
            raise ExchangeError(ErrorCode.OVERLOADED)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
