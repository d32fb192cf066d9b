"""Files that a verb writes for a person are whole or not there."""

from pathlib import Path

import pytest

from exchange.commands.files import write_new
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode
from tests.support.disk import SyncedFolders, files_of_at_most


def test_full_disk_leaves_no_half_file_in_the_way_of_the_next_run(
    tmp_path: Path,
) -> None:
    signed = tmp_path / "quyết định-signed.pdf"

    with files_of_at_most(50), pytest.raises(ExchangeError) as refusal:
        write_new(signed, bytes(100))

    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert list(tmp_path.iterdir()) == []
    write_new(signed, bytes(100))
    assert signed.read_bytes() == bytes(100)


def test_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    taken = tmp_path / "hồ sơ.zip"
    taken.write_bytes(b"of somebody")

    with pytest.raises(ExchangeError) as refusal:
        write_new(taken, b"another")

    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert taken.read_bytes() == b"of somebody"


def test_file_that_was_written_outlives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = SyncedFolders(monkeypatch)

    write_new(tmp_path / "key.p12", b"key", private=True)

    assert synced.hold(tmp_path)
