from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.working_days import WorkingCalendar, end_of_day, local_day
from exchange.errors import ExchangeError
from exchange.settings.calendar import CalendarSettings
from exchange.working_calendar import working_calendar
from schemas.errors import ErrorCode
from schemas.timestamps import VIETNAM
from tests.support.lunar import first_of_lunar_year, hung_kings_day

CALENDAR = working_calendar(CalendarSettings())
YEARS = range(2024, 2031)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2030, 12, 1))
MOMENTS = st.integers(min_value=0, max_value=7 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@pytest.mark.parametrize("year", YEARS)
def test_tet_and_the_hung_kings_are_off_by_the_lunar_calendar_of_vietnam(
    year: int,
) -> None:
    tet, kings = first_of_lunar_year(year), hung_kings_day(year)

    assert year in CALENDAR.years
    for day in (tet + timedelta(days=offset) for offset in (-1, 0, 1, 2)):
        assert not CALENDAR.is_working_day(day)
    assert not CALENDAR.is_working_day(kings)


@pytest.mark.parametrize("year", YEARS)
def test_each_holiday_of_the_labour_code_costs_a_working_day(year: int) -> None:
    weekdays = (
        date(year, 1, 1) + timedelta(days=offset)
        for offset in range(366 if year % 4 == 0 else 365)
    )

    lost = sum(
        not CALENDAR.is_working_day(one) for one in weekdays if one.weekday() < 5
    )
    worked = sum(one.year == year for one in CALENDAR.worked)

    # 1 + 5 + 1 + 1 + 1 + 2; a swapped day is won back.
    assert lost - worked == 11


def test_the_last_day_there_is_has_an_end_and_no_day_after() -> None:
    last = date.max

    assert end_of_day(last).astimezone(VIETNAM).date() == last
    assert CALENDAR.next_working_day(last) == last
    assert list(CALENDAR.working_days(last)) == [last]


@given(DAYS)
def test_next_working_day_is_the_first_of_the_days_after(day: date) -> None:
    found = CALENDAR.next_working_day(day)

    assert found > day
    assert CALENDAR.is_working_day(found)
    between = (day + timedelta(days=n) for n in range(1, (found - day).days))
    assert not any(map(CALENDAR.is_working_day, between))


@given(MOMENTS)
def test_what_arrives_is_first_seen_on_a_working_day_before_its_end(
    moment: datetime,
) -> None:
    day = CALENDAR.day_of_arrival(moment)

    assert CALENDAR.is_working_day(day)
    assert day >= local_day(moment)
    assert end_of_day(day) > moment
    local = moment.astimezone(VIETNAM)
    is_in_time = local.time() < time(17) and CALENDAR.is_working_day(local.date())
    assert (day == local.date()) is is_in_time


@given(DAYS)
def test_a_day_ends_at_midnight_in_vietnam(day: date) -> None:
    end = end_of_day(day)

    assert local_day(end) == day
    assert local_day(end + timedelta(milliseconds=1)) == day + timedelta(days=1)
    assert CALENDAR.opening(day) < CALENDAR.morning_end(day) < end


def test_an_own_file_replaces_the_years_it_names(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    swap = "swaps = [{ off = 2027-03-01, work = 2027-03-06 }]"
    file.write_text(f"[[year]]\nyear = 2027\n{swap}\n")

    calendar = working_calendar(CalendarSettings(file=file))

    assert not calendar.is_working_day(date(2027, 3, 1))
    assert calendar.is_working_day(date(2027, 3, 6))
    assert calendar.is_working_day(date(2027, 9, 2))
    assert not calendar.is_working_day(date(2026, 9, 2))
    assert (2027 in CALENDAR.announced, 2027 in calendar.announced) == (False, True)


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        # As announced in December 2018.
        (date(2018, 12, 31), date(2019, 1, 5)),
        (date(2031, 1, 2), date(2030, 12, 28)),
    ],
    ids=str,
)
def test_a_day_may_be_swapped_over_new_year(
    tmp_path: Path, off: date, worked: date
) -> None:
    file = tmp_path / "own.toml"
    swap = f"{{ off = {off}, work = {worked} }}"
    file.write_text(f"[[year]]\nyear = {off.year}\nswaps = [{swap}]\n")

    calendar = working_calendar(CalendarSettings(file=file))

    assert not calendar.is_working_day(off)
    assert calendar.is_working_day(worked)
    assert off.year in calendar.years


def test_what_is_not_certain_of_the_days_off_is_told() -> None:
    days = (date(2031, 1, 5), date(2025, 3, 1), date(2027, 1, 1), date(2026, 11, 21))

    assert [(one.code, one.place) for one in CALENDAR.doubts(days)] == [
        (ErrorCode.CALENDAR_DAY_UNDECIDED, "2026-11-24"),
        (ErrorCode.CALENDAR_YEAR_COMPUTED, "2027"),
        (ErrorCode.CALENDAR_DAY_UNDECIDED, "2027-11-24"),
        (ErrorCode.CALENDAR_YEAR_UNKNOWN, "2031"),
    ]
    assert CALENDAR.is_working_day(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        (date(2024, 4, 29), date(2024, 5, 4)),
        (date(2025, 5, 2), date(2025, 4, 26)),
        (date(2026, 1, 2), date(2026, 1, 10)),
        (date(2026, 8, 31), date(2026, 8, 22)),
    ],
    ids=str,
)
def test_swapped_days_are_those_that_were_announced(off: date, worked: date) -> None:
    assert not CALENDAR.is_working_day(off)
    assert CALENDAR.is_working_day(worked)
    assert {off.year, worked.year} <= CALENDAR.announced


@pytest.mark.parametrize(
    "text",
    [
        "",
        "year = 1",
        "[[year]]\nyear = 2027\noff = [2026-01-01]",
        "[[year]]\nx = 1",
        "[[year]]\nyear = 2027\nbasis = 'hearsay'",
        "[[year]]\nyear = 2027\nswaps = [{ off = 2027-03-06, work = 2027-03-07 }]",
        "[[year]]\nyear = 2027\nswaps = [{ off = 2027-03-01 }]",
    ],
    ids=[
        *("empty", "no table", "another year", "unknown key"),
        *("unknown basis", "a rest day for a rest day", "half a swap"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)

    with pytest.raises(ExchangeError, match=r"calendar\.file"):
        working_calendar(CalendarSettings(file=file))


def test_hours_in_another_order_are_refused() -> None:
    with pytest.raises(ExchangeError, match=r"calendar\.end"):
        working_calendar(CalendarSettings(end="11:00"))


def test_a_calendar_without_working_days_ends() -> None:
    rest = frozenset(date(2027, 1, 1) + timedelta(days=one) for one in range(400))

    days = WorkingCalendar(off=rest).working_days(date(2027, 1, 1))

    assert list(islice(days, 5)) == []
