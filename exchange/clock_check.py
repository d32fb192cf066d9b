"""Asking who vouches for the clock, and watching it for jumps."""

import ctypes
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from types import MappingProxyType

from pki.tsa.clock import (
    ClockFacts,
    ClockPolicy,
    ClockReport,
    ClockSource,
    ClockTrouble,
    clock_trouble,
)

_STA_UNSYNC = 0x0040
_TIME_OOP = 3
_TIME_ERROR = 5
_SAMPLES = 3
_CHRONY_SECONDS = 2.0
_CHRONY_FIELDS = 14
_NANOSECONDS = 1_000_000_000


class _Timex(ctypes.Structure):
    """`struct timex` of Linux as far as it is read (adjtimex(2))."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Both clocks at one moment, in nanoseconds.

    Args:
        wall: since 1970.
        counted: since some moment; goes on by itself whatever the time is set to.
    """

    wall: int
    counted: int

    def drift_since(self, earlier: "ClockReading") -> timedelta:
        """Return how far the wall clock went from the one that counts."""
        drift = (self.wall - earlier.wall) - (self.counted - earlier.counted)
        return timedelta(microseconds=drift / 1000)


def ask_kernel() -> ClockReport | None:
    """Return what the kernel's clock discipline says; None if it cannot be asked.

    NTP daemons keep it up to date; setting the time by hand marks it unsynchronised.
    """
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except AttributeError:
        return None
    told = _Timex()
    state = adjtimex(ctypes.byref(told))
    if state < 0:
        return None
    return ClockReport(
        is_synchronised=state != _TIME_ERROR and not told.status & _STA_UNSYNC,
        error=timedelta(microseconds=told.maxerror),
        in_leap_second=state == _TIME_OOP,
    )


def ask_chrony() -> ClockReport | None:
    """Return what the chrony daemon here says; None if it does not answer."""
    command = ("chronyc", "-c", "-n", "tracking")
    try:
        told = subprocess.run(  # noqa: S603 fixed words
            command, capture_output=True, timeout=_CHRONY_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return read_tracking(told.stdout.decode("ascii", "replace"))


def read_tracking(text: str) -> ClockReport | None:
    """Read `chronyc -c tracking`; None if it is not that.

    The clock is off by at most the offset, the root dispersion and half the root delay
    together (chronyc(1)).
    """
    fields = text.strip().split(",")
    if len(fields) != _CHRONY_FIELDS:
        return None
    try:
        offset, delay, dispersion = (float(fields[one]) for one in (4, 10, 11))
        error = timedelta(seconds=abs(offset) + dispersion + delay / 2)
    except (ValueError, OverflowError):
        return None
    return ClockReport(is_synchronised=fields[13] != "Not synchronised", error=error)


def read_clocks() -> ClockReading:
    """Read both clocks as close together as can be had."""
    samples = [_sample() for _ in range(_SAMPLES)]
    return min(samples, key=lambda sample: sample[0])[1]


def _sample() -> tuple[int, ClockReading]:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    wall = time.time_ns()
    apart = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - before
    return apart, ClockReading(wall, before + apart // 2)


Asking = Callable[[], ClockReport | None]

_ASKED: Mapping[ClockSource, Asking] = MappingProxyType(
    {
        ClockSource.KERNEL: ask_kernel,
        ClockSource.CHRONY: ask_chrony,
        ClockSource.TRUSTED: lambda: None,
    }
)
_KEPT: Mapping[ClockSource, timedelta] = MappingProxyType(
    {
        ClockSource.KERNEL: timedelta(),
        ClockSource.CHRONY: timedelta(seconds=16),
        ClockSource.TRUSTED: timedelta.max,
    }
)
"""How long a report counts; a process is started to ask chrony."""


class ClockWatch:
    """Tells whether the clock is sound; threads may share it.

    A jump of a clock that only an operator vouches for counts until the process is
    started again, even if the clock jumps back.

    Args:
        policy: what is asked of the clock.
        read: reads both clocks.
        ask: asks the source; by default that of the policy.
    """

    def __init__(
        self,
        policy: ClockPolicy,
        *,
        read: Callable[[], ClockReading] = read_clocks,
        ask: Asking | None = None,
    ) -> None:
        self._policy = policy
        self._read = read
        self._ask = ask or _ASKED[policy.source]
        self._lock = Lock()
        self._vouched = read()
        self._report = self._ask()
        self._has_jumped = False

    def trouble(self) -> ClockTrouble | None:
        """Return why the clock is not to be stamped by; None if it may be."""
        with self._lock:
            if self._has_jumped:
                return ClockTrouble.JUMPED
            trouble = clock_trouble(self._facts(), self._policy)
            is_for_good = self._policy.source is ClockSource.TRUSTED
            self._has_jumped = is_for_good and trouble is ClockTrouble.JUMPED
            return trouble

    def is_sound(self) -> bool:
        """Tell whether the clock may be stamped by."""
        return self.trouble() is None

    def _facts(self) -> ClockFacts:
        now = self._read()
        age = now.counted - self._vouched.counted
        if age / _NANOSECONDS >= _KEPT[self._policy.source].total_seconds():
            self._report = self._ask()
            now = self._vouched = self._read()
        return ClockFacts(report=self._report, drift=now.drift_since(self._vouched))
