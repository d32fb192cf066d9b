"""What this process has seen callers use, added to what all processes have.

Counting is approximate on purpose: a process tells its part every few seconds, so a
limit may be passed by what all processes take within that time, and a process that is
killed forgets so much.
"""

from collections import Counter

from exchange.storage.ports import UsageStore

_MOST_NAMES = 50_000


class Usage:
    """Counts under names (`domain.usage`)."""

    def __init__(self) -> None:
        self._totals: dict[str, int] = {}
        self._untold: Counter[str] = Counter()

    def used(self, name: str) -> int:
        """Return what is known to be used; of a new name, after the next turn."""
        self._totals.setdefault(name, 0)
        return self._totals[name] + self._untold[name]

    def add(self, name: str, amount: int) -> None:
        """Count what was used."""
        self._untold[name] += amount

    async def tell(self, store: UsageStore) -> None:
        """Tell all processes what this one counted, and learn what they did.

        Raises:
            StorageUnavailableError: what was counted is told the next time.
        """
        told = Counter(self._untold)
        await store.add(told)
        self._untold -= told
        names = {*self._totals, *told}
        if len(names) > _MOST_NAMES:
            # Those of past days; who still calls is learned again.
            names = set(told)
        totals = await store.totals(names)
        self._totals = {name: totals.get(name, 0) for name in names}
