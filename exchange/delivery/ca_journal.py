"""Follows the journals CAs publish and enters them in the log, one process at a time.

What was entered stands in storage, so nothing is lost when a process ends; the lease
only spares two processes the same work.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from exchange.delivery.lease import Lease
from exchange.errors import StateConflictError
from exchange.file_stamps import FileStamps, stamps_of
from exchange.services import Services
from exchange.usecases.enter_ca_journal import LINES_AT_ONCE, enter_ca_journal
from pki.errors import PkiError
from pki.journal.published import SUFFIX, published_labels

LEASE = "ca_journal"
CHECKED_AGAIN = timedelta(minutes=10)
"""How long a file is believed to be as it was by its time and size alone."""

_LEASE_SECONDS = 6.0
_LOOK_SECONDS = 2.0
_MORE_SECONDS = 0.5
"""Between two batches, so that envelopes do not wait behind a long journal."""

_log = structlog.get_logger()


class JournalAlarm(Protocol):
    """Told whether the journal of a CA is broken."""

    def __call__(self, label: str, *, broken: bool) -> None:
        """Take note of it; the same may be told again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedJournals:
    """What is followed, and who is told of it.

    Args:
        folder: where the CAs publish.
        alarm: told of each journal whether it is broken.
    """

    folder: Path
    alarm: JournalAlarm


class CaJournalFollower:
    """The loop of one process.

    Args:
        services: what the use cases work with.
        journals: what is followed.
        owner: name of this process in the lease.
    """

    def __init__(
        self, services: Services, journals: FollowedJournals, *, owner: str
    ) -> None:
        self._services = services
        self._folder = journals.folder
        self._alarm = journals.alarm
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)
        self._known: frozenset[str] | None = None
        self._seen: dict[str, FileStamps] = {}
        self._seen_since: datetime | None = None
        self._broken: set[str] = set()

    async def turn(self) -> None:
        """Enter what is new, then rest."""
        more = await self.follow()
        await asyncio.sleep(_MORE_SECONDS if more else _LOOK_SECONDS)

    async def follow(self) -> bool:
        """Look at every journal, if it is this process's to do; tell if there is more.

        A journal that is not as it was entered is an alarm, and nothing of it is
        entered until its file is as it was.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        if not await self._lease.held():
            self._yield_to_others()
            return False
        self._look_anew_in_time()
        labels = await self._labels()
        stamps = await asyncio.to_thread(_stamps_of, self._folder, labels)
        return any([await self._follow(one, stamps[one]) for one in labels])

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._lease.release()

    async def _labels(self) -> tuple[str, ...]:
        """Return what is published, and what was: a vanished journal is missed."""
        if self._known is None:
            known = await self._services.storage.ca_journals.positions()
            self._known = frozenset(one.label for one in known)
        published = await asyncio.to_thread(published_labels, self._folder)
        self._known = self._known.union(published)
        return tuple(sorted(self._known))

    async def _follow(self, label: str, stamps: FileStamps) -> bool:
        path = self._folder / f"{label}{SUFFIX}"
        if self._seen.get(label) == stamps:
            return False
        try:
            more = await enter_ca_journal(self._services, path) == LINES_AT_ONCE
        except (PkiError, StateConflictError) as error:
            _log.error("ca_journal.broken", code=error.code, place=error.place)
            self._tell(label, broken=True)
            more = False
        else:
            self._tell(label, broken=False)
        if not more:
            self._seen[label] = stamps
        return more

    def _tell(self, label: str, *, broken: bool) -> None:
        self._alarm(label, broken=broken)
        if broken:
            self._broken.add(label)
        elif label in self._broken:
            self._broken.remove(label)
            _log.warning("ca_journal.mended", journal=label)

    def _look_anew_in_time(self) -> None:
        """Time and size of a file are easily forged; look into it now and then.

        A clock that was set back has looked at no time yet.
        """
        now, since = self._services.now(), self._seen_since
        if since is None or not timedelta() <= now - since < CHECKED_AGAIN:
            self._seen.clear()
            self._known = None
            self._seen_since = now

    def _yield_to_others(self) -> None:
        """Forget all: whoever has the lease raises the alarms meanwhile."""
        for label in self._broken:
            self._alarm(label, broken=False)
        self._broken.clear()
        self._seen.clear()
        self._known = None


def _stamps_of(folder: Path, labels: Iterable[str]) -> dict[str, FileStamps]:
    return {one: stamps_of((folder / f"{one}{SUFFIX}",)) for one in labels}
