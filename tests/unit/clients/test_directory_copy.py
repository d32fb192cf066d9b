"""A copy of the directory is one version, whoever else writes it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clients.directory import DirectoryCopy, load_copy, save_copy
from clients.errors import ClientError
from schemas.errors import ErrorCode

_TIMES = 40


def copy_of(version: int) -> DirectoryCopy:
    codes = [f"H{version}.{number}" for number in range(1500)]
    return DirectoryCopy(version, {code: {"code": code} for code in codes})


def test_runs_that_write_at_once_leave_the_copy_of_one_of_them(tmp_path: Path) -> None:
    path, copies = tmp_path / "copies" / "agencies.json", (copy_of(1), copy_of(2))
    save_copy(path, copies[0])

    def write(copy: DirectoryCopy) -> None:
        for _ in range(_TIMES):
            save_copy(path, copy)
            assert load_copy(path) in copies

    with ThreadPoolExecutor(len(copies)) as threads:
        list(threads.map(write, copies))

    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_copy_that_cannot_be_written_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "agencies.json"
    path.mkdir()
    with pytest.raises(ClientError) as caught:
        save_copy(path, copy_of(1))

    assert caught.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert caught.value.place == path.name
