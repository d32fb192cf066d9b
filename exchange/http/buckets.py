"""How often one address may do something: a bucket of tokens per name, few kept."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

MOST_NAMES = 10_000
"""Kept at once; who was quiet longest is forgotten."""

_SITE_BITS = 64  # of IPv6: one subscriber has at least that much (RFC 6177)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """Admits so many in a time, evenly; the rest has to wait.

    Args:
        number: most at once, and in each period.
        seconds: the period.
        clock: counts seconds, never backwards.
    """

    def __init__(
        self, number: int, *, seconds: float, clock: Callable[[], float]
    ) -> None:
        self._number, self._seconds, self._clock = number, seconds, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admits(self, name: str) -> bool:
        """Tell whether `name` has anything left; nothing is taken."""
        return self._filled(name).tokens >= 1

    def take(self, name: str) -> bool:
        """Take one, if anything is left."""
        bucket = self._filled(name)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def give_back(self, name: str) -> None:
        """Give one back that was taken for nothing."""
        bucket = self._filled(name)
        bucket.tokens = min(float(self._number), bucket.tokens + 1)

    def _filled(self, name: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(float(self._number), now))
        grown = (now - bucket.at) * self._number / self._seconds
        bucket.tokens = min(float(self._number), bucket.tokens + grown)
        bucket.at = now
        self._buckets.move_to_end(name)
        # Who was quiet longest has filled up again, or is one of too many.
        while len(self._buckets) > MOST_NAMES:
            self._buckets.popitem(last=False)
        return bucket


def site_of(address: str) -> str:
    """Return what counts as one address: all of an IPv6 subscriber's are."""
    read = ip_address(address.partition("%")[0])
    if isinstance(read, IPv6Address) and read.ipv4_mapped is None:
        return str(ip_network((read, _SITE_BITS), strict=False))
    return str(getattr(read, "ipv4_mapped", read))
