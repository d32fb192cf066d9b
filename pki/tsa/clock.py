"""Whether a clock may be stamped by (EN 319 421 7.7.2): facts in, a decision out.

How the facts are found out is the caller's; nothing here asks a system.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class ClockSource(StrEnum):
    """Who vouches for the clock."""

    KERNEL = "kernel"
    CHRONY = "chrony"
    TRUSTED = "trusted"


class ClockTrouble(StrEnum):
    """Why a clock is not stamped by."""

    SOURCE_SILENT = "source_silent"
    UNSYNCHRONISED = "unsynchronised"
    ERROR_TOO_LARGE = "error_too_large"
    LEAP_SECOND = "leap_second"
    JUMPED = "jumped"
    SET_BACK = "set_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReport:
    """What a source says of the clock.

    Args:
        is_synchronised: the clock follows a better one.
        error: the clock is off by no more than this.
        in_leap_second: a second is being inserted, and so happens twice.
    """

    is_synchronised: bool
    error: timedelta
    in_leap_second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """What is known of the clock.

    Args:
        report: what the source says; None where it does not answer.
        drift: how far the clock went from one that only counts (CLOCK_BOOTTIME), since
            it was last vouched for; where an operator vouches, since the start.
    """

    report: ClockReport | None
    drift: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPolicy:
    """What is asked of the clock.

    Args:
        source: who vouches.
        accuracy: how far it may be off.
    """

    source: ClockSource
    accuracy: timedelta


def clock_trouble(facts: ClockFacts, policy: ClockPolicy) -> ClockTrouble | None:
    """Return why the clock is not to be stamped by; None if it may be."""
    if policy.source is not ClockSource.TRUSTED:
        trouble = _trouble_told(facts.report, policy.accuracy)
        if trouble is not None:
            return trouble
    if abs(facts.drift) > policy.accuracy:
        return ClockTrouble.JUMPED
    return None


def set_back(
    last: datetime | None, now: datetime, policy: ClockPolicy
) -> ClockTrouble | None:
    """Return trouble if a clock is behind the last stamp that was made by it.

    A jump while nothing ran is seen by nothing else. A source that vouches for the
    clock knows better which of the two times was wrong.

    Args:
        last: time of the last stamp on record; None before the first.
        now: the time.
        policy: what is asked of the clock.
    """
    is_behind = last is not None and now < last
    is_ours = policy.source is ClockSource.TRUSTED
    return ClockTrouble.SET_BACK if is_behind and is_ours else None


def _trouble_told(
    report: ClockReport | None, accuracy: timedelta
) -> ClockTrouble | None:
    if report is None:
        return ClockTrouble.SOURCE_SILENT
    if report.in_leap_second:
        return ClockTrouble.LEAP_SECOND
    if not report.is_synchronised:
        return ClockTrouble.UNSYNCHRONISED
    if report.error > accuracy:
        return ClockTrouble.ERROR_TOO_LARGE
    return None
