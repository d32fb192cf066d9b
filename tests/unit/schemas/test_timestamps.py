from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ErrorCode, SchemaError
from schemas.timestamps import VIETNAM, format_utc, parse_utc, truncate_ms

AWARE = st.datetimes(
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001  # hypothesis wants it naive
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001  # hypothesis wants it naive
    timezones=st.sampled_from([UTC, VIETNAM]),
)


def test_time_is_written_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 11, 21, 12, 0, 0, 123999, tzinfo=VIETNAM)
    assert format_utc(moment) == "2026-11-21T05:00:00.123Z"


def test_truncation_never_moves_forward() -> None:
    moment = datetime(2026, 11, 21, 5, 0, 0, 999999, tzinfo=UTC)
    assert truncate_ms(moment) == datetime(2026, 11, 21, 5, 0, 0, 999000, tzinfo=UTC)


@given(AWARE)
def test_what_is_written_reads_back_to_the_same_millisecond(moment: datetime) -> None:
    read = parse_utc(format_utc(moment))
    assert read == truncate_ms(moment)
    assert read.utcoffset() == timedelta(0)
    assert moment - read < timedelta(milliseconds=1)


def test_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 21, 5, 0)  # noqa: DTZ001  # the point of the test
    with pytest.raises(ValueError, match="zone"):
        format_utc(naive)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21T05:00:00Z",
        "2026-11-21T05:00:00.1234Z",
        "2026-11-21T05:00:00.123+00:00",
        "2026-11-21T05:00:00.123z",
        "2026-11-21 05:00:00.123Z",
        "2026-11-21T05:00:00.123Z\n",
        "2026-02-30T05:00:00.123Z",
        "2026-11-21T24:00:00.000Z",
        "2026-11-21T05:00:60.123Z",
        "٢٠٢٦-11-21T05:00:00.123Z",
    ],
)
def test_any_other_spelling_of_a_time_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_utc(text, place="at")
    assert (refused.value.code, refused.value.place) == (ErrorCode.DATE_MALFORMED, "at")
