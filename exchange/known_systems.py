"""Systems by their certificates, believed for a moment.

Every request asks who calls. Those who called since the last look are looked up
together with the first whose turn it is: one question each few seconds, not one for
every system that is there.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from exchange.domain.parties import System
from exchange.storage.ports import DirectoryStore

REMEMBERED = timedelta(seconds=5)
"""How long a change of a system's rights may take to be noticed."""


class KnownSystems:
    """Remembers the systems that called lately."""

    def __init__(self) -> None:
        self._known: Mapping[str, System] = {}
        self._called: set[str] = set()
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def owner(
        self, sha256: str, store: DirectoryStore, *, now: datetime
    ) -> System | None:
        """Return the system that owns a certificate, as it was moments ago.

        That nobody owns one is not remembered.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        if not self._knows(sha256, now):
            async with self._looking:
                await self._look(sha256, store, now)
        self._called.add(sha256)
        return self._known.get(sha256)

    def _knows(self, sha256: str, now: datetime) -> bool:
        return sha256 in self._known and self._is_fresh(now)

    def _is_fresh(self, now: datetime) -> bool:
        looked_at = self._looked_at
        return looked_at is not None and looked_at <= now < looked_at + REMEMBERED

    async def _look(self, sha256: str, store: DirectoryStore, now: datetime) -> None:
        """Look for one that is not known yet; for all once they are known too long."""
        if self._knows(sha256, now):
            return
        if self._is_fresh(now):
            found = await store.systems_by_certificates({sha256})
            self._known = {**self._known, **found}
            return
        called = {sha256, *(one for one in self._called if one in self._known)}
        self._known = await store.systems_by_certificates(called)
        self._called, self._looked_at = set(), now
