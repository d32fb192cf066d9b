"""Working days and hours of public bodies, in Vietnamese time.

Moments that come in may be of any zone; those that go out are UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from exchange.domain.decisions import Refuse
from schemas.errors import ErrorCode
from schemas.timestamps import VIETNAM

_DAY = timedelta(days=1)
SATURDAY = 5
_LAST_MOMENT = time(23, 59, 59, 999_000)
_LONGEST_REST = 60
"""Days; far more than Tết. A calendar with a longer rest is none."""


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a working day begins, when its morning ends, and when it ends."""

    begin: time = time(7, 30)
    morning_end: time = time(12, 0)
    end: time = time(17, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """Which days are worked.

    Args:
        off: weekdays that are not.
        worked: Saturdays and Sundays that are.
        years: those whose days off are known; in others only rest days are.
        announced: those of them whose days off were announced, not computed.
        undecided: weekdays of which it is not known whether they are worked; they
            count as worked.
    """

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    announced: frozenset[int] = frozenset()
    undecided: frozenset[date] = frozenset()
    hours: WorkingHours = field(default_factory=WorkingHours)

    def is_working_day(self, day: date) -> bool:
        """Tell whether public bodies work on a day."""
        is_rest = day.weekday() >= SATURDAY
        return day in self.worked if is_rest else day not in self.off

    def doubts(self, days: Iterable[date]) -> Iterator[Refuse]:
        """Yield what is not certain of the years of some days, oldest first."""
        for year in sorted({one.year for one in days}):
            if year not in self.years:
                yield Refuse(ErrorCode.CALENDAR_YEAR_UNKNOWN, str(year))
            elif year not in self.announced:
                yield Refuse(ErrorCode.CALENDAR_YEAR_COMPUTED, str(year))
            for day in sorted(one for one in self.undecided if one.year == year):
                yield Refuse(ErrorCode.CALENDAR_DAY_UNDECIDED, day.isoformat())

    def working_days(self, first: date) -> Iterator[date]:
        """Yield the working days from a day on.

        It ends where the calendar names no working day for two months, and with the
        last day there is.
        """
        day, rested = first, 0
        while rested < _LONGEST_REST:
            if self.is_working_day(day):
                yield day
                rested = 0
            if day == date.max:
                return
            day, rested = day + _DAY, rested + 1

    def next_working_day(self, day: date) -> date:
        """Return the first working day after a day; after the last one, that one."""
        after = day if day == date.max else day + _DAY
        return next(self.working_days(after), after)

    def day_of_arrival(self, moment: datetime) -> date:
        """Return the working day on which what arrives now is first seen.

        After hours and on days off, that is the next working day.
        """
        local = moment.astimezone(VIETNAM)
        if self.is_working_day(local.date()) and local.time() < self.hours.end:
            return local.date()
        return self.next_working_day(local.date())

    def morning_end(self, day: date) -> datetime:
        """Return when the morning of a day ends."""
        return _moment(day, self.hours.morning_end)

    def opening(self, day: date) -> datetime:
        """Return when work begins on a day."""
        return _moment(day, self.hours.begin)


def end_of_day(day: date) -> datetime:
    """Return the last millisecond of a day."""
    return _moment(day, _LAST_MOMENT)


def local_day(moment: datetime) -> date:
    """Return the day of a moment in Vietnam."""
    return moment.astimezone(VIETNAM).date()


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, VIETNAM).astimezone(UTC)
