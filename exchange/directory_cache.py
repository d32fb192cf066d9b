"""The directory in memory, read again when its version changes.

An envelope may have thousands of recipients; asking for the version alone is one
small question whatever their number.
"""

from exchange.domain.directory import Directory
from exchange.storage.ports import DirectoryStore


class DirectoryCache:
    """Remembers the newest version it has seen."""

    def __init__(self) -> None:
        self._known = Directory()

    async def current(self, store: DirectoryStore) -> Directory:
        """Return the directory as it is now."""
        # The version first: what changes meanwhile is read again with the next one.
        version = await store.version()
        if version != self._known.version:
            self._known = Directory.of(await store.agencies(), version=version)
        return self._known
