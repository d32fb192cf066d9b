"""The directory in memory, read again when its version changes.

An envelope may have thousands of recipients; asking for the version alone is one
small question whatever their number. Those who come at the same time ask once.
"""

import asyncio

from exchange.domain.directory import Directory
from exchange.storage.ports import DirectoryStore


class DirectoryCache:
    """Remembers the newest version it has seen."""

    def __init__(self) -> None:
        self._known = Directory()
        self._asking: asyncio.Task[Directory] | None = None
        self._next: asyncio.Task[Directory] | None = None

    @property
    def known(self) -> Directory:
        """The newest version seen, without asking."""
        return self._known

    async def current(self, store: DirectoryStore) -> Directory:
        """Return the directory as it is now.

        A question that is under way may be answered with what was before this call, so
        whoever comes meanwhile shares the next one.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._ask(store, after=self._asking))
        return await asyncio.shield(self._next)

    async def _ask(
        self, store: DirectoryStore, *, after: asyncio.Task[Directory] | None
    ) -> Directory:
        if after is not None:
            await asyncio.wait((after,))
        self._asking, self._next = self._next, None
        # The version first: what changes meanwhile is read again with the next one.
        version = await store.version()
        if version != self._known.version:
            self._known = Directory.of(await store.agencies(), version=version)
        return self._known
