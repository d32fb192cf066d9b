"""The working calendar of a hub: the one that comes with it, and the operator's own."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from exchange.domain.working_days import SATURDAY, WorkingCalendar, WorkingHours
from exchange.errors import ExchangeError
from exchange.settings.calendar import CalendarSettings
from schemas.errors import ErrorCode

_SHIPPED = Path(__file__).parent / "holidays" / "vietnam.toml"
_FILE_BYTES = 64 * 1024
_KEYS = frozenset({"year", "basis", "sources", "off", "swaps", "undecided"})
_NOTICE, _COMPUTED = "notice", "computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    year: int
    is_announced: bool
    off: frozenset[date]
    work: frozenset[date]
    undecided: frozenset[date]


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
        announced=frozenset(one.year for one in years.values() if one.is_announced),
        undecided=frozenset().union(*(one.undecided for one in years.values())),
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
    year, basis = table.get("year"), table.get("basis", _NOTICE)
    if not isinstance(year, int) or basis not in {_NOTICE, _COMPUTED}:
        raise _invalid("calendar.file: year")
    swaps = _swaps(table, year)
    return _Year(
        year=year,
        is_announced=basis == _NOTICE,
        off=_days(table.get("off", []), "off", year) | {one for one, _ in swaps},
        work=frozenset(one for _, one in swaps),
        undecided=_days(table.get("undecided", []), "undecided", year),
    )


def _swaps(table: dict[str, object], year: int) -> list[tuple[date, date]]:
    swaps = table.get("swaps", [])
    if not isinstance(swaps, list):
        raise _invalid(f"calendar.file: {year}.swaps")
    return [_swap(one, year) for one in swaps]


def _swap(swap: object, year: int) -> tuple[date, date]:
    """Read one swap: a weekday for a rest day, no other pair wins a day back.

    It is of the year of the weekday; over New Year the rest day is of the one beside.
    """
    place = f"calendar.file: {year}.swaps"
    if not isinstance(swap, dict) or swap.keys() != {"off", "work"}:
        raise _invalid(place)
    (off,) = _days([swap["off"]], "swaps", year)
    (work,) = _days([swap["work"]], "swaps", year, beside=1)
    if off.weekday() >= SATURDAY or work.weekday() < SATURDAY:
        raise _invalid(place)
    return off, work


def _days(days: object, key: str, year: int, *, beside: int = 0) -> frozenset[date]:
    """Read days of a year, or of so many years beside it."""
    place = f"calendar.file: {year}.{key}"
    if not isinstance(days, list):
        raise _invalid(place)
    found: set[date] = set()
    for day in days:
        if not isinstance(day, date) or isinstance(day, datetime):
            raise _invalid(place)
        if abs(day.year - year) > beside:
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
