"""Deliveries by their keys, found together for all who ask at the same time.

Every status and every acknowledgement looks at one delivery. A look costs nearly the
same for one key as for fifty, and a busy process has many under way: who comes while
one is answered shares the next one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from exchange.domain.records import Delivery
from exchange.storage.group import GroupCommitter
from exchange.storage.mongo import codec, driver
from exchange.storage.mongo.driver import find_all

_AT_ONCE = 500
"""Keys of one question; one that asks for more asks alone."""


@dataclass(slots=True)
class _Asked:
    """A question of somebody who waits, and its answer, ordered by key."""

    keys: Collection[str]
    found: list[Delivery] = field(default_factory=list)


class DeliveryLookup:
    """Finds deliveries by their keys.

    An answer is of what was durable when it was asked for, or later.
    """

    def __init__(self, deliveries: driver.Collection) -> None:
        self._deliveries = deliveries
        self._asking = GroupCommitter(self._answer, weight=_weight, limit=_AT_ONCE)

    async def find(self, keys: Collection[str]) -> Sequence[Delivery]:
        """Return those there are, ordered by key.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        if not keys:
            return []
        asked = _Asked(keys)
        await self._asking.submit(asked)
        return asked.found

    async def _answer(self, group: Sequence[_Asked]) -> None:
        wanted = sorted({key for one in group for key in one.keys})
        found = await find_all(
            self._deliveries, {"_id": {"$in": wanted}}, sort=[("_id", 1)]
        )
        by_key = {one["_id"]: codec.delivery_record(one) for one in found}
        for one in group:
            one.found = [by_key[key] for key in sorted(one.keys) if key in by_key]


def _weight(asked: _Asked) -> int:
    return len(asked.keys)
