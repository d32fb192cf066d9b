"""How much one system may ask for: requests in a second, bytes in a day.

Each process has its share of the requests; bytes are counted by all of them together
(`exchange.usage`). Who takes too much is told when to come back; others do not notice.
"""

from collections.abc import Callable
from math import ceil
from time import monotonic

from aiohttp import web

from exchange.domain.usage import seconds_left, sent_today
from exchange.errors import RetryLaterError
from exchange.http.buckets import Buckets
from exchange.http.route import Route
from exchange.services import Caller, Services
from schemas.errors import ErrorCode


class Meter:
    """Admits requests of known callers, for one process.

    Args:
        services: limits, clock, and what is used.
        processes: that share the requests of a system.
        time: seconds that only count.
    """

    def __init__(
        self,
        services: Services,
        *,
        processes: int = 1,
        time: Callable[[], float] = monotonic,
    ) -> None:
        self._services = services
        limits = services.limits
        self._requests = _buckets(limits.system_requests_per_second, processes, time)
        self._intakes = _buckets(limits.system_intakes_per_second, processes, time)

    def admit(self, request: web.Request, route: Route, caller: Caller) -> None:
        """Take one request, and look whether its body may still come.

        Raises:
            RetryLaterError: too many, or too much (RATE_EXCEEDED).
        """
        name = caller.system.system_id
        buckets = self._intakes if route.takes_in else self._requests
        if buckets is not None and not buckets.take(name):
            raise RetryLaterError(
                ErrorCode.RATE_EXCEEDED, place="requests per second", seconds=1
            )
        if route.takes_in:
            self._admit_bytes(request.content_length or 0, caller)

    def _admit_bytes(self, announced: int, caller: Caller) -> None:
        limit, now = self._services.limits.system_bytes_per_day, self._services.now()
        used = self._services.usage.used(sent_today(caller.system.system_id, now))
        if limit and used + announced > limit:
            raise RetryLaterError(
                ErrorCode.RATE_EXCEEDED,
                place="bytes per day",
                seconds=seconds_left(now),
            )


def _buckets(
    per_second: int, processes: int, time: Callable[[], float]
) -> Buckets | None:
    """Return buckets of this process's share; None without a limit."""
    if not per_second:
        return None
    return Buckets(ceil(per_second / processes), seconds=1, clock=time)
