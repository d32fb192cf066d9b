"""Days and moments on edXML."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.edxml.dates import read_day, read_moment, write_day, write_moment
from schemas.errors import ErrorCode, SchemaError
from schemas.timestamps import VIETNAM


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/11/05", date(2026, 11, 5)),
        ("2026/1/5", date(2026, 1, 5)),
        ("05/11/2026", date(2026, 11, 5)),
        ("5/1/2026", date(2026, 1, 5)),
        ("2026-11-05", date(2026, 11, 5)),
        ("05/11/2026 23:59:59", date(2026, 11, 5)),
        ("2026-11-04T17:00:00Z", date(2026, 11, 5)),
        ("2026-11-05T00:00:00-05:30", date(2026, 11, 5)),
        ("2024/02/29", date(2024, 2, 29)),
    ],
)
def test_a_day_reads_in_every_form(text: str, day: date) -> None:
    assert read_day(text, place="DueDate") == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026/11/05 08:09", datetime(2026, 11, 5, 8, 9, tzinfo=VIETNAM)),
        ("2026/11/05", datetime(2026, 11, 5, tzinfo=VIETNAM)),
        (
            "2026-11-05T08:09:10.1234567+07:00",
            datetime(2026, 11, 5, 8, 9, 10, 123456, tzinfo=VIETNAM),
        ),
        ("2026-11-05T01:09:10.5Z", datetime(2026, 11, 5, 1, 9, 10, 500000, tzinfo=UTC)),
        ("2026-11-05T05:39:00-02:30", datetime(2026, 11, 5, 8, 9, tzinfo=UTC)),
    ],
)
def test_a_moment_reads_with_fractions_and_zones(text: str, moment: datetime) -> None:
    found = read_moment(text, place="Timestamp")
    assert found == moment
    assert found.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026/13/01",
        "2026/02/30",
        "0000/01/01",
        "31/11/2026",
        "11/31/2026",
        "2026.11.05",
        "2026-1-5",
        "26/11/05",
        "2026/11/05 24:00:00",
        "2026/11/05 08:60",
        "2026-11-05T08:09:10+25:00",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "２０２６/11/05",
        "2026/11/05 08:09:10 SA",
        " 2026/11/05",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read_moment(text, place="DueDate")
    assert refused.value.code is ErrorCode.DATE_MALFORMED
    assert refused.value.place == "DueDate"


def test_a_day_is_written_with_four_digits_of_the_year() -> None:
    assert write_day(date(812, 3, 4)) == "0812/03/04"


def test_a_moment_is_written_in_vietnamese_time_without_fractions() -> None:
    moment = datetime(2026, 11, 20, 18, 0, 0, 999_999, tzinfo=UTC)
    assert write_moment(moment) == "2026/11/21 01:00:00"
