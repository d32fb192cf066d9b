"""Ids of one process sort in the order in which they were made."""

from datetime import UTC, datetime, timedelta

from ulid import ULID

from exchange.domain.stuck import first_id_of
from exchange.ids import MonotonicIds
from tests.support.pki import NOW


def test_ids_of_one_millisecond_differ_and_count_upwards() -> None:
    ids = MonotonicIds()
    made = [ids.new(NOW) for _ in range(1000)]
    assert made == sorted(set(made))


def test_ids_go_on_upwards_when_the_clock_jumps_back() -> None:
    ids = MonotonicIds()
    later = ids.new(NOW + timedelta(hours=1))
    assert ids.new(NOW) > later


def test_id_tells_its_time() -> None:
    made = MonotonicIds().new(NOW)
    assert ULID.from_str(made).datetime == NOW


def test_ids_come_after_one_made_elsewhere() -> None:
    elsewhere = MonotonicIds().new(NOW + timedelta(hours=1))
    assert MonotonicIds(after=elsewhere).new(NOW) > elsewhere


def test_ids_are_written_as_the_library_writes_them() -> None:
    made = [MonotonicIds().new(NOW + timedelta(days=days)) for days in range(300)]
    assert [str(ULID.from_str(one)) for one in made] == made


def test_every_id_comes_after_a_moment_before_ids_begin() -> None:
    first = MonotonicIds().new(datetime(1970, 1, 1, tzinfo=UTC))
    for year in (1, 1945, 1969, 1970):
        assert first_id_of(datetime(year, 1, 1, tzinfo=UTC)) <= first
