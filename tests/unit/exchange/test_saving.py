"""A register that is written is the whole of it, or the one from before stays."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.commands.saving import save
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

BEFORE = b"the register of yesterday\r\n"


async def lines(*found: bytes | Exception) -> AsyncIterator[bytes]:
    for one in found:
        if isinstance(one, Exception):
            raise one
        yield one


def names_in(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def test_what_is_complete_takes_the_place(tmp_path: Path) -> None:
    file = tmp_path / "so.csv"
    for content in (b"a\r\n" * 3, b"b\r\n"):
        await save(file, lines(content, b"", content))
        assert file.read_bytes() == 2 * content
    assert names_in(tmp_path) == ["so.csv"]


@pytest.mark.parametrize(
    "error", [RuntimeError("lost"), ConnectionError("the database is gone")], ids=repr
)
async def test_what_breaks_off_leaves_the_one_from_before(
    tmp_path: Path, error: Exception
) -> None:
    file = tmp_path / "so.csv"
    file.write_bytes(BEFORE)
    # Whoever gives the lines says what went wrong; it is not the file.
    with pytest.raises(type(error)):
        await save(file, lines(b"first line\r\n", error))
    assert file.read_bytes() == BEFORE
    assert names_in(tmp_path) == ["so.csv"]


async def test_who_may_read_it_stays_and_a_link_leads_to_it(tmp_path: Path) -> None:
    file, link = tmp_path / "so.csv", tmp_path / "moi-nhat.csv"
    file.write_bytes(BEFORE)
    file.chmod(0o640)
    link.symlink_to(file)
    await save(link, lines(b"new"))
    assert (link.is_symlink(), file.read_bytes()) == (True, b"new")
    assert file.stat().st_mode & 0o777 == 0o640


async def test_a_pipe_gets_what_comes(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    await asyncio.wait_for(save(pipe, lines(b"one", b"two")), 5)
    reader.join()
    assert (found, pipe.is_fifo()) == ([b"onetwo"], True)


async def test_a_pipe_without_a_name_gets_what_comes() -> None:
    # As /dev/stdout is, and what a shell puts for >(gzip > so.csv.gz).
    reading, writing = os.pipe()
    await save(Path(f"/dev/fd/{writing}"), lines(b"one", b"two"))
    os.close(writing)
    found = os.read(reading, 99)
    os.close(reading)
    assert found == b"onetwo"


@pytest.mark.parametrize("name", ["none/so.csv", "x" * 300])
async def test_a_file_that_cannot_be_is_refused_by_its_name(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(ExchangeError) as refusal:
        await save(tmp_path / name, lines(b"one"))
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert refusal.value.place == Path(name).name
    assert names_in(tmp_path) == []
