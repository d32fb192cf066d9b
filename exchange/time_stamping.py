"""The time stamping authority of a running service: its key followed, its work apart.

One thread records and signs, so that nobody else waits for the disk; requests that
come while it works share the next durable write.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from time import perf_counter
from typing import Protocol

import structlog
from cryptography.x509 import ObjectIdentifier

from exchange.clock_check import ClockWatch
from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.file_stamps import stamps_of
from exchange.keys import key_files, open_key
from exchange.rate import Rate
from exchange.settings.certification import TimeStampingSettings
from exchange.settings.keys import KeySettings
from pki.errors import PkiError
from pki.kinds import TIME_STAMP_POLICY
from pki.tsa.authority import TimeStampAnswer, TimeStampAuthority, end_of_key_use
from pki.tsa.clock import ClockPolicy, ClockTrouble, set_back
from pki.tsa.register import SqliteTimeStampRegister
from pki.tsa.request import TimeStampRefusedError
from schemas.errors import ErrorCode
from schemas.timestamps import format_utc

_GRANTED = "granted"
_BUSY = "busy"
_FAILED = "system_failure"
_TOGETHER = 32
_log = structlog.get_logger()


class StampObserver(Protocol):
    """Counts what happens, for operators."""

    def stamp_asked(self, outcome: str, seconds: float) -> None:
        """Count a request."""

    def clock_checked(self, *, is_sound: bool) -> None:
        """Take note of the clock's state."""

    def stamp_key_opened(self, end: datetime) -> None:
        """Take note of when the key stops."""


@dataclass(slots=True)
class _Batch:
    """Requests that share a durable write, and what will be answered to them."""

    requests: list[bytes] = field(default_factory=list)
    answers: asyncio.Future[list[TimeStampAnswer]] | None = None


class FollowedTimeStamping:
    """Makes time stamps with a key that may be renewed while it runs.

    Args:
        settings: name the key, the register, the clock and the limits.
        clock: gives the time.
        observer: counts.
        watch: tells whether the clock is sound; by default as the settings say.

    Raises:
        CodedError: the key, its certificate, the register or a setting is not usable.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        observer: StampObserver,
        watch: ClockWatch | None = None,
    ) -> None:
        stamping = settings.time_stamping
        self._key = settings.keys.tsa
        self._reload_seconds = settings.trust.reload_seconds
        self._observer = observer
        self._stamps = stamps_of(key_files((self._key,)))
        self._policy = _clock_policy(stamping)
        self._watch = watch or ClockWatch(self._policy)
        self._trouble: ClockTrouble | None = None
        self._most_waiting = stamping.stamps_per_second
        self._rate = Rate(stamping.stamps_per_second)
        self._waiting = 0
        self._open: _Batch | None = None
        self._lock = Lock()
        self._authority = self._opened(stamping, clock)
        last = self._authority.register.last()
        self._last_before = last.at if last else None
        self._thread = ThreadPoolExecutor(1, "time-stamps")
        self._clock_is_sound()
        self._tell_key()

    def close(self) -> None:
        """Finish what was begun, and let go of the register."""
        self._thread.shutdown()
        self._authority.register.close()

    async def answer(self, request: bytes) -> bytes | None:
        """Answer a request for a time stamp; None while there are too many."""
        began = perf_counter()
        if self._waiting >= self._most_waiting or not self._rate.take():
            self._observer.stamp_asked(_BUSY, perf_counter() - began)
            return None
        self._waiting += 1
        try:
            answer = await self._answer(request)
        finally:
            self._waiting -= 1
        self._tell(answer, perf_counter() - began)
        return answer.response

    async def refresh(self) -> bool:
        """Take up a new key if its files changed; tell whether there is one.

        A key that cannot be used leaves the old one in place: it stops by itself when
        its certificate says so.
        """
        stamps = await asyncio.to_thread(stamps_of, tuple(key_files((self._key,))))
        if stamps == self._stamps:
            return False
        try:
            authority = await asyncio.to_thread(_with_key, self._authority, self._key)
        except PkiError as error:
            _log.warning("time_stamp.key", code=error.code, place=error.place)
            return False
        self._stamps, self._authority = stamps, authority
        self._tell_key()
        return True

    async def turn(self) -> None:
        """Wait until it is time to look at key and clock, and look."""
        await asyncio.sleep(self._reload_seconds)
        await self.refresh()
        await asyncio.to_thread(self._clock_is_sound)

    async def _answer(self, request: bytes) -> TimeStampAnswer:
        with self._lock:
            batch = self._open_batch()
            place = len(batch.requests)
            batch.requests.append(request)
            answers = batch.answers or self._begin(batch)
        # A caller that goes away does not take the others' stamps with him.
        return (await asyncio.shield(answers))[place]

    def _open_batch(self) -> _Batch:
        if self._open is None or len(self._open.requests) >= _TOGETHER:
            self._open = _Batch()
        return self._open

    def _begin(self, batch: _Batch) -> asyncio.Future[list[TimeStampAnswer]]:
        loop = asyncio.get_running_loop()
        batch.answers = loop.run_in_executor(self._thread, self._work, batch)
        return batch.answers

    def _work(self, batch: _Batch) -> list[TimeStampAnswer]:
        """Answer a batch, in the thread; whoever comes now waits for the next."""
        with self._lock:
            if self._open is batch:
                self._open = None
        return self._authority.answer_all(batch.requests)

    def _opened(
        self, stamping: TimeStampingSettings, clock: Callable[[], datetime]
    ) -> TimeStampAuthority:
        if stamping.register is None:
            place = "time_stamping.register"
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)
        credential, policies = open_key(self._key), _policies(stamping.policies)
        return TimeStampAuthority(
            credential=credential,
            register=SqliteTimeStampRegister(stamping.register, clock()),
            clock=clock,
            clock_is_sound=self._clock_is_sound,
            policies=policies,
            accuracy=timedelta(milliseconds=stamping.accuracy_ms),
        )

    def _clock_is_sound(self) -> bool:
        trouble = self._watch.trouble() or self._set_back()
        self._observer.clock_checked(is_sound=trouble is None)
        if trouble is not self._trouble:
            self._trouble = trouble
            log = _log.warning if trouble else _log.info
            log("time_stamp.clock", is_sound=trouble is None, reason=trouble)
        return trouble is None

    def _set_back(self) -> ClockTrouble | None:
        # Jumps from here on are the watch's to see.
        return set_back(self._last_before, self._authority.clock(), self._policy)

    def _tell_key(self) -> None:
        certificate = self._authority.credential.certificate
        end = end_of_key_use(certificate)
        self._observer.stamp_key_opened(end)
        serial = f"{certificate.serial_number:x}"
        _log.info("time_stamp.key_opened", serial=serial, until=format_utc(end))

    def _tell(self, answer: TimeStampAnswer, seconds: float) -> None:
        """Count and log an answer; what was stamped stays out of the log."""
        outcome, error, record = _outcome(answer), answer.error, answer.record
        self._observer.stamp_asked(outcome, seconds)
        _log.info(
            "time_stamp.answered",
            outcome=outcome,
            serial=f"{record.serial:x}" if record else "",
            code=error.code if error else "",
            place=error.place if error else "",
            clock=self._trouble or "",
            milliseconds=round(seconds * 1000, 2),
        )


def _outcome(answer: TimeStampAnswer) -> str:
    if answer.error is None:
        return _GRANTED
    if isinstance(answer.error, TimeStampRefusedError):
        return answer.error.failure.name.lower()
    return _FAILED


def _with_key(authority: TimeStampAuthority, key: KeySettings) -> TimeStampAuthority:
    return replace(authority, credential=open_key(key))


def _clock_policy(stamping: TimeStampingSettings) -> ClockPolicy:
    accuracy = timedelta(milliseconds=stamping.accuracy_ms)
    return ClockPolicy(source=stamping.clock, accuracy=accuracy)


def _policies(words: tuple[str, ...]) -> tuple[ObjectIdentifier, ...]:
    try:
        return tuple(map(ObjectIdentifier, words)) or (TIME_STAMP_POLICY,)
    except ValueError as error:
        place = "time_stamping.policies"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
