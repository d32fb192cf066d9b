"""Every form of the register of time stamps behaves the same."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.tsa.register import (
    MemoryTimeStampRegister,
    SqliteTimeStampRegister,
    StampRecord,
    TimeStampRegister,
)
from schemas.errors import ErrorCode
from tests.support.pki import NOW

IMPRINT = b"\x30\x00"


@pytest.fixture(params=["memory", "sqlite"])
def register(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[TimeStampRegister]:
    forms: dict[str, Callable[[], TimeStampRegister]] = {
        "memory": lambda: MemoryTimeStampRegister(NOW),
        "sqlite": lambda: SqliteTimeStampRegister(tmp_path / "stamps.sqlite", NOW),
    }
    with closing(forms[request.param]()) as made:
        yield made


def test_stamp_is_recorded_under_its_serial(register: TimeStampRegister) -> None:
    at = NOW + timedelta(milliseconds=120)
    record = register.add(IMPRINT, at)
    assert record == StampRecord(serial=record.serial, imprint=IMPRINT, at=at)
    assert register.get(record.serial) == record
    assert len(register) == 1


def test_last_record_is_told(register: TimeStampRegister) -> None:
    assert register.last() is None
    register.add(IMPRINT, NOW)
    record = register.add_all([b"a", b"b"], NOW + timedelta(seconds=1))[-1]
    assert register.last() == record


def test_serials_grow_and_stay_below_160_bits(register: TimeStampRegister) -> None:
    serials = [register.add(IMPRINT, NOW).serial for _ in range(20)]
    assert serials == sorted(set(serials))
    assert all(0 < one < 1 << 159 for one in serials)


def test_stamps_recorded_together_have_serials_of_their_own_in_their_order(
    register: TimeStampRegister,
) -> None:
    before = register.add(IMPRINT, NOW)
    records = register.add_all([b"a", b"b", b"c"], NOW)
    assert [one.imprint for one in records] == [b"a", b"b", b"c"]
    serials = [before.serial, *(one.serial for one in records)]
    assert serials == sorted(set(serials))
    assert [register.get(one.serial) for one in records] == records
    assert len(register) == 4


def test_threads_get_serials_of_their_own(register: TimeStampRegister) -> None:
    with ThreadPoolExecutor(8) as callers:
        records = list(callers.map(lambda _: register.add(IMPRINT, NOW), range(100)))
    assert len({one.serial for one in records}) == 100
    assert len(register) == 100


@pytest.mark.parametrize("off", [-1, 1, 1 << 64, -(1 << 64), 1 << 170])
def test_unknown_serial_is_a_coded_refusal(
    register: TimeStampRegister, off: int
) -> None:
    serial = register.add(IMPRINT, NOW).serial + off
    with pytest.raises(PkiError) as refusal:
        register.get(serial)
    assert refusal.value.code is ErrorCode.TIME_STAMP_NOT_FOUND


def test_register_made_anew_does_not_repeat_numbers(tmp_path: Path) -> None:
    later = NOW + timedelta(seconds=1)
    for first, second in (
        (MemoryTimeStampRegister(NOW), MemoryTimeStampRegister(later)),
        (
            SqliteTimeStampRegister(tmp_path / "one.sqlite", NOW),
            SqliteTimeStampRegister(tmp_path / "two.sqlite", later),
        ),
    ):
        with closing(first), closing(second):
            last = [first.add(IMPRINT, NOW) for _ in range(3)][-1]
            assert second.add(IMPRINT, NOW).serial > last.serial


def test_file_goes_on_counting_after_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "stamps.sqlite"
    with closing(SqliteTimeStampRegister(path, NOW)) as first:
        record = first.add(IMPRINT, NOW)
    with closing(SqliteTimeStampRegister(path, NOW - timedelta(days=1))) as second:
        assert second.get(record.serial) == record
        assert second.add(IMPRINT, NOW).serial > record.serial


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "stamps.sqlite"
    first, second = (SqliteTimeStampRegister(path, NOW) for _ in range(2))
    with closing(first), closing(second):
        serials = [one.add(IMPRINT, NOW).serial for one in (first, second) * 3]
    assert serials == sorted(set(serials))


def test_file_is_durable_at_every_return(tmp_path: Path) -> None:
    with closing(SqliteTimeStampRegister(tmp_path / "stamps.sqlite", NOW)) as register:
        execute = register._file.connection.execute
        pragmas = ("journal_mode", "synchronous")
        values = [execute(f"PRAGMA {one}").fetchone() for one in pragmas]
    assert values == [("wal",), (2,)]


def test_file_of_another_kind_is_a_coded_refusal(tmp_path: Path) -> None:
    path = tmp_path / "stamps.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PkiError) as refusal:
        SqliteTimeStampRegister(path, NOW)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_stamp_that_cannot_be_recorded_is_a_coded_refusal(tmp_path: Path) -> None:
    register = SqliteTimeStampRegister(tmp_path / "stamps.sqlite", NOW)
    register.close()
    with pytest.raises(PkiError) as refusal:
        register.add(IMPRINT, NOW)
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
