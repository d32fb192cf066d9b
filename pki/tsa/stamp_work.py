"""Asking for the time stamps that a queue waits for, through outages of any length.

An outage is a matter of the authority, not of one digest: when two orders fail one
after the other, or all that there are, the whole queue pauses, longer each time, and
keeps its order. An order that fails while others are stamped is put off alone, so that
it holds up nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Protocol

from pki.errors import PkiError
from pki.tsa.client import TimeStamp
from pki.tsa.stamp_queue import QueuedStamp, StampQueue

_FAILURES_OF_AN_OUTAGE = 2
_CHANCE = SystemRandom().random


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """When it is asked again.

    Args:
        first_pause: after the first failure; each further one doubles it.
        longest_pause: but no longer than this.
        jitter: share of a pause that is left to chance, so that many who waited for
            one authority do not come back at the same moment.
        patience: orders older than this fail at the next refusal; well above 72 hours.
        together: most orders asked for in one go.
    """

    first_pause: timedelta = timedelta(seconds=15)
    longest_pause: timedelta = timedelta(minutes=15)
    jitter: float = 0.25
    patience: timedelta = timedelta(days=14)
    together: int = 500

    def pause(self, failures: int, chance: float) -> timedelta:
        """Return how long to wait after so many failures.

        Args:
            failures: in a row, from 1.
            chance: from 0 to 1.
        """
        # Bounded before it is raised: the count has no end.
        doubled: timedelta = self.first_pause * 2 ** min(failures - 1, 32)
        return min(doubled, self.longest_pause) * (1 - self.jitter * chance)


class Stamper(Protocol):
    """Has digests stamped; `pki.tsa.servers.TimeStampClient` does."""

    def stamp(self, digest: bytes, hash_name: str = "sha256") -> TimeStamp:
        """Have a digest stamped.

        Raises:
            PkiError: there is no stamp now.
        """


@dataclass(frozen=True, slots=True)
class StampWork:
    """What one go did.

    Args:
        stamped: orders that were stamped, in their order.
        failed: orders given up.
        paused_until: the authority is not asked before; None if it answers.
    """

    stamped: tuple[QueuedStamp, ...] = ()
    failed: tuple[QueuedStamp, ...] = ()
    paused_until: datetime | None = None


class StampWorker:
    """Works through a queue; blocking, for one worker thread.

    Args:
        queue: what waits.
        stamper: asks the authorities.
        rules: when it is asked again.
        chance: gives a number from 0 to 1.
    """

    def __init__(
        self,
        queue: StampQueue,
        stamper: Stamper,
        rules: RetryRules | None = None,
        chance: Callable[[], float] = _CHANCE,
    ) -> None:
        self._queue = queue
        self._stamper = stamper
        self._rules = rules or RetryRules()
        self._chance = chance
        self._outage = 0
        self._paused_until: datetime | None = None

    def work(self, now: datetime) -> StampWork:
        """Ask for what is due, the oldest first; each token is stored at once.

        Raises:
            PkiError: the queue cannot be written; what was stamped is asked for again.
        """
        if self._paused_until is not None and now < self._paused_until:
            return StampWork(paused_until=self._paused_until)
        stamped: list[QueuedStamp] = []
        failed: list[QueuedStamp] = []
        suspects: list[tuple[QueuedStamp, PkiError]] = []
        due = list(self._queue.due(now, self._rules.together))
        while due and len(suspects) < _FAILURES_OF_AN_OUTAGE:
            order = _next(due, is_doubtful=bool(suspects))
            due.remove(order)
            try:
                stamp = self._stamper.stamp(order.order.digest, order.order.hash_name)
            except PkiError as error:
                suspects.append((order, error))
            else:
                self._queue.finish(order.number, stamp.token)
                stamped.append(order)
                failed += self._put_off(suspects, now)
                suspects.clear()
        failed += self._pause(suspects, now)
        return StampWork(tuple(stamped), tuple(failed), self._paused_until)

    def _put_off(
        self, suspects: Sequence[tuple[QueuedStamp, PkiError]], now: datetime
    ) -> list[QueuedStamp]:
        """Put off orders that failed while another did not."""
        self._outage, self._paused_until = 0, None
        return [
            order
            for order, error in suspects
            if self._missed(order, error, now, self._after(order.attempts + 1, now))
        ]

    def _pause(
        self, suspects: Sequence[tuple[QueuedStamp, PkiError]], now: datetime
    ) -> list[QueuedStamp]:
        """Leave the authority alone for a while, if nothing says that it works."""
        if not suspects:
            self._outage, self._paused_until = 0, None
            return []
        self._outage += 1
        self._paused_until = self._after(self._outage, now)
        return [
            order for order, error in suspects if self._missed(order, error, now, now)
        ]

    def _missed(
        self, order: QueuedStamp, error: PkiError, now: datetime, next_at: datetime
    ) -> bool:
        """Record a failure; tell whether the order was given up."""
        reason = f"{error.code}: {error.place}"
        if now - order.queued_at > self._rules.patience:
            self._queue.give_up(order.number, reason)
            return True
        self._queue.postpone(order.number, next_at, reason)
        return False

    def _after(self, failures: int, now: datetime) -> datetime:
        return now + self._rules.pause(failures, self._chance())


def _next(due: Sequence[QueuedStamp], *, is_doubtful: bool) -> QueuedStamp:
    """Return the order to ask for: the oldest, unless one has just failed.

    Then the one that has failed least tells best whose fault it is: in an outage all
    fail alike; an order that no authority stamps has failed more often than others.
    """
    if is_doubtful:
        return min(due, key=lambda order: (order.attempts, order.number))
    return due[0]
