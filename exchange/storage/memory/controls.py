"""Switches and usage in memory."""

from collections.abc import Collection, Mapping

from exchange.domain.maintenance import Maintenance
from exchange.domain.records import AuditLine
from exchange.storage.memory.tables import Tables


class MemoryControls:
    """What operators switch for all processes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def maintenance(self) -> Maintenance | None:
        """Whether nothing is taken in."""
        return self._tables.maintenance

    async def set_maintenance(
        self, maintenance: Maintenance | None, *, audit: AuditLine
    ) -> None:
        """Begin or end maintenance."""
        self._tables.maintenance = maintenance
        self._tables.audit.append(audit)


class MemoryUsage:
    """What callers have used."""

    def __init__(self, tables: Tables) -> None:
        self._usage, self._envelopes = tables.usage, tables.envelopes

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Add to what is counted under each name."""
        for name, amount in amounts.items():
            self._usage[name] = self._usage.get(name, 0) + amount

    async def totals(self, names: Collection[str]) -> Mapping[str, int]:
        """Return what is counted under names."""
        return {name: self._usage[name] for name in names if self._usage.get(name)}

    async def drop(self, *, before: str) -> int:
        """Forget the days or hours before one."""
        kind, _, _ = before.partition(":")
        old = [name for name in self._usage if f"{kind}:" <= name < before]
        for name in old:
            del self._usage[name]
        return len(old)

    async def room(self) -> int:
        """Bytes of all bodies; nothing is on disk."""
        return sum(one.size for one in self._envelopes.values())
