"""The storage ports in memory: for tests of use cases and for small tools."""

from exchange.storage.memory.store import MemoryStorage

__all__ = ["MemoryStorage"]
