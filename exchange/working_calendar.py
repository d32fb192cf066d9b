"""The working calendar of a hub: the one that comes with it, and the operator's own."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from exchange.domain.working_days import WorkingCalendar, WorkingHours
from exchange.errors import ExchangeError
from exchange.settings.calendar import CalendarSettings
from schemas.errors import ErrorCode

_SHIPPED = Path(__file__).parent / "holidays" / "vietnam.toml"
_FILE_BYTES = 64 * 1024
_KEYS = frozenset({"year", "basis", "off", "work"})


@dataclass(frozen=True, slots=True)
class _Year:
    year: int
    off: frozenset[date]
    work: frozenset[date]


def working_calendar(settings: CalendarSettings) -> WorkingCalendar:
    """Return the calendar the settings describe.

    Raises:
        ExchangeError: the file, one of its years, or an hour is none
            (CONFIGURATION_INVALID).
    """
    years = {one.year: one for one in _read(_SHIPPED)}
    if settings.file is not None:
        years |= {one.year: one for one in _read(settings.file)}
    return WorkingCalendar(
        off=frozenset().union(*(one.off for one in years.values())),
        worked=frozenset().union(*(one.work for one in years.values())),
        years=frozenset(years),
        hours=_hours(settings),
    )


def _read(path: Path) -> Iterator[_Year]:
    try:
        with path.open("rb") as file:
            source = file.read(_FILE_BYTES + 1)
        tables = tomllib.loads(source.decode("utf-8"))["year"]
    except (OSError, ValueError, KeyError) as error:
        raise _invalid("calendar.file") from error
    if len(source) > _FILE_BYTES or not isinstance(tables, list):
        raise _invalid("calendar.file")
    for table in tables:
        yield _year(table)


def _year(table: object) -> _Year:
    if not isinstance(table, dict) or not table.keys() <= _KEYS:
        raise _invalid("calendar.file: year")
    year = table.get("year")
    if not isinstance(year, int):
        raise _invalid("calendar.file: year")
    return _Year(year, _days(table, "off", year), _days(table, "work", year))


def _days(table: dict[str, object], key: str, year: int) -> frozenset[date]:
    days = table.get(key, [])
    place = f"calendar.file: {year}.{key}"
    if not isinstance(days, list):
        raise _invalid(place)
    found: set[date] = set()
    for day in days:
        if not isinstance(day, date) or isinstance(day, datetime) or day.year != year:
            raise _invalid(place)
        found.add(day)
    return frozenset(found)


def _hours(settings: CalendarSettings) -> WorkingHours:
    hours = WorkingHours(
        _time(settings.begin, "begin"),
        _time(settings.morning_end, "morning_end"),
        _time(settings.end, "end"),
    )
    if not hours.begin < hours.morning_end < hours.end:
        raise _invalid("calendar.end")
    return hours


def _time(text: str, key: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 a time of day
    except ValueError as error:
        raise _invalid(f"calendar.{key}") from error


def _invalid(place: str) -> ExchangeError:
    return ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)
