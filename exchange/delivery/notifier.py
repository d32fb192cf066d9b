"""Makes notices and delivers them.

Making them is one process's work at a time. Delivering is everybody's: who claims a
notice has it alone until the claim ends, so no two processes send it, and what a
killed process had begun is tried again, under the same id.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from math import inf

import structlog

from exchange.delivery.lease import Lease
from exchange.domain.notices import (
    Admission,
    Attempt,
    Notice,
    Outcome,
    admission,
    after_answer,
    after_attempt,
    left_alone,
    may_be_told,
)
from exchange.errors import StorageUnavailableError
from exchange.services import Services
from exchange.storage.ports import NoticeClaim
from exchange.usecases.noting import ensure_mail, note_arrivals, rights_of

LEASE = "notifier"
CLAIMED_FOR = timedelta(seconds=60)
ATTEMPT_FOR = timedelta(seconds=50)
"""An attempt ends, whatever carries it, while its claim is its own: else another one
would begin beside it, and how it ended would be stored by nobody."""

_LEASE_SECONDS = 6.0
_LOOK_SECONDS = 0.5
_REMEMBERED_SECONDS = 1.0
"""How long it is remembered whether anybody wants to know anything."""

_LEFT_SECONDS = 5.0
"""Between looks for what was noted while somebody still wanted to know."""
_AT_ONCE = 16
_AT_ONCE_TO_ONE = 4
"""So that one slow endpoint leaves room for others."""

_BREAKER_TRIES = 5
_END_SECONDS = 5.0
_log = structlog.get_logger()


class Notifier:
    """The notifying loop of one process.

    Args:
        services: what the use cases work with.
        owner: name of this process in leases and claims.
    """

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)
        self._running: dict[asyncio.Task[None], str] = {}
        self._freed = asyncio.Event()
        self._noted = self._delivered = self._asked = -inf
        self._has_mail = self._is_awaited = False

    async def turn(self) -> None:
        """Wait half a second, or until a place is free; make and deliver notices.

        Not at every word of the sequencer: a busy hub says many in a second.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._freed.wait()
        if not self._services.carriers:
            return
        clock = asyncio.get_running_loop().time
        await self._ask()
        is_idle = self._has_mail and not self._is_awaited
        if not is_idle and clock() - self._noted >= _LOOK_SECONDS:
            await self.note()
            self._noted = clock()
        # Places that become free from here on are seen at the next turn.
        self._freed.clear()
        if self._is_awaited or clock() - self._delivered >= _LEFT_SECONDS:
            await self.deliver()
            self._delivered = clock()

    async def note(self) -> None:
        """Make the notices that are due, if it is this process's to do.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        if not await self._lease.held():
            return
        if not self._has_mail:
            await ensure_mail(self._services)
            self._has_mail = True
        while await note_arrivals(self._services):
            pass

    async def deliver(self) -> None:
        """Begin to try what is due, as much as may be tried at a time.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        barred = await self._left_alone()
        # A claim is a write, which waits for the disk, whether it finds one or not.
        if not await self._services.storage.notices.any_due(now=self._services.now()):
            return
        while len(self._running) < _AT_ONCE and not self._services.signals.draining:
            notice = await self._claim(barred | self._busy())
            if notice is None:
                return
            self._begin(notice)

    async def settle(self, seconds: float) -> None:
        """Wait for what is being tried; what takes longer is ended, and tried again."""
        if not self._running:
            return
        _, late = await asyncio.wait(tuple(self._running), timeout=seconds)
        for one in late:
            one.cancel()

    async def stop(self) -> None:
        """End attempts that are slow, and let another process take over."""
        await self.settle(_END_SECONDS)
        await self._lease.release()

    async def _ask(self) -> None:
        """Learn whether anybody wants to know anything; nearly nothing is done else."""
        clock = asyncio.get_running_loop().time
        if clock() - self._asked >= _REMEMBERED_SECONDS:
            found = await self._services.storage.notices.subscriptions()
            self._is_awaited = bool(found)
            self._asked = clock()

    async def _claim(
        self, barred: set[str], *, only: str | None = None
    ) -> Notice | None:
        services = self._services
        now = services.now()
        claim = NoticeClaim(
            owner=f"{self._owner}/{services.ids.new(now)}",
            until=now + CLAIMED_FOR,
            channels=tuple(services.carriers),
            barred=barred,
            only=only,
        )
        return await services.storage.notices.claim(claim, now=now)

    def _begin(self, notice: Notice) -> None:
        task = asyncio.create_task(self._try(notice), name=f"notice {notice.notice_id}")
        self._running[task] = notice.subscription_id
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._freed.set()

    def _busy(self) -> set[str]:
        """Return the endpoints that are tried as often as they may be at a time."""
        tried = list(self._running.values())
        return {one for one in tried if tried.count(one) >= _AT_ONCE_TO_ONE}

    async def _left_alone(self) -> set[str]:
        """Return the endpoints that are left alone; try once where that may be."""
        alone: set[str] = set()
        for one in await self._services.storage.notices.open_breakers():
            now = self._services.now()
            alone.add(one.subscription_id)
            if admission(one.breaker, now) is not Admission.ONCE:
                continue
            again = left_alone(one.breaker, now)
            changed = await self._services.storage.notices.change_breaker(
                one.subscription_id, one.breaker, again
            )
            notice = changed and await self._claim(set(), only=one.subscription_id)
            if notice:
                self._begin(notice)
        return alone

    async def _try(self, notice: Notice) -> None:
        """Try once; whatever fails, the attempt ends and the schedule goes on.

        What an unforeseen failure is about is not known: it is not held against the
        endpoint, which may be the mail server of all agencies.
        """
        try:
            attempt = await self._attempt(notice)
        except Exception as error:  # noqa: BLE001 the outermost edge of a task
            _log.exception("notice.failed", notice=notice.notice_id)
            at, name = notice.attempts[-1].at, type(error).__name__
            attempt = Attempt(at, Outcome.FAILED, name, is_of_notice=True)
        try:
            await self._end(notice, attempt)
        except StorageUnavailableError:
            # Its claim runs out, and it is tried again.
            _log.exception("notice.not_ended", notice=notice.notice_id)

    async def _attempt(self, notice: Notice) -> Attempt:
        services = self._services
        began = services.now()
        store = services.storage.notices
        subscription = await store.subscription(notice.subscription_id)
        if subscription is None:
            return Attempt(began, Outcome.REFUSED, "unsubscribed")
        rights = await rights_of(services, (subscription,))
        if not may_be_told(subscription, notice.agency, rights):
            return Attempt(began, Outcome.REFUSED, "not acted for")
        carrier = services.carriers[notice.channel]
        try:
            async with asyncio.timeout(ATTEMPT_FOR.total_seconds()):
                return await carrier.carry(services, notice, subscription)
        except TimeoutError as error:
            return Attempt(began, Outcome.FAILED, type(error).__name__)

    async def _end(self, notice: Notice, attempt: Attempt) -> None:
        """Store how an attempt ended, and what follows for its endpoint."""
        services = self._services
        now = services.now()
        ended = after_attempt(notice, attempt, now=now, chance=services.chance())
        await services.storage.notices.finish(ended, owner=notice.claim)
        services.counters.notice_attempted(notice.channel, attempt.outcome)
        _log.info(
            "notice.attempted",
            notice=notice.notice_id,
            outcome=attempt.outcome,
            detail=attempt.detail,
            state=ended.state,
        )
        await self._remember(notice.subscription_id, attempt)

    async def _remember(self, subscription_id: str, attempt: Attempt) -> None:
        """Tell the breaker of an endpoint how it went; others may tell it too."""
        store = self._services.storage.notices
        for _ in range(_BREAKER_TRIES):
            found = await store.subscription(subscription_id)
            if found is None:
                return
            after = after_answer(found.breaker, attempt, self._services.now())
            if after == found.breaker or await store.change_breaker(
                subscription_id, found.breaker, after
            ):
                return
