"""The directory in memory, read again when its version changes.

An envelope may have thousands of recipients; asking for the version alone is one
small question whatever their number. Those who come at the same time ask once, and
whoever comes shortly after an answer may be content with it.
"""

import asyncio
import time
from collections.abc import Callable

from exchange.domain.directory import Directory
from exchange.storage.ports import DirectoryStore

BELIEVED_SECONDS = 0.25
"""How long a running service may go by an answer (docs/operations.md)."""


class DirectoryCache:
    """Remembers the newest version it has seen.

    Args:
        believed_seconds: after the question, how long an answer counts as what is now.
            A change by another process is noticed within that time; one by this
            process at once, if it is told (`doubt`).
        clock: seconds that only go forwards.
    """

    def __init__(
        self,
        *,
        believed_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._believed_seconds, self._clock = believed_seconds, clock
        self._believed_until = clock()
        self._doubts = 0
        self._known = Directory()
        self._asking: asyncio.Task[Directory] | None = None
        self._next: asyncio.Task[Directory] | None = None

    @property
    def known(self) -> Directory:
        """The newest version seen, without asking."""
        return self._known

    def doubt(self) -> None:
        """Believe nothing that was asked until now: this process made a change."""
        self._doubts += 1
        self._believed_until = self._clock()

    async def current(self, store: DirectoryStore) -> Directory:
        """Return the directory as it is now, or was within the time it is believed.

        A question that is under way may be answered with what was before this call, so
        whoever comes meanwhile shares the next one.
        """
        if self._clock() < self._believed_until:
            return self._known
        if self._next is None:
            self._next = asyncio.create_task(self._ask(store, after=self._asking))
        return await asyncio.shield(self._next)

    async def _ask(
        self, store: DirectoryStore, *, after: asyncio.Task[Directory] | None
    ) -> Directory:
        if after is not None:
            await asyncio.wait((after,))
        self._asking, self._next = self._next, None
        asked_at, doubts = self._clock(), self._doubts
        # The version first: what changes meanwhile is read again with the next one.
        version = await store.version()
        if version != self._known.version:
            self._known = Directory.of(await store.agencies(), version=version)
        if doubts == self._doubts:
            self._believed_until = asked_at + self._believed_seconds
        return self._known
