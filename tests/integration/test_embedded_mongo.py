import asyncio
import os
import signal
import stat
import sys
from contextlib import suppress
from errno import EMFILE
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from pymongo.errors import PyMongoError

from exchange.errors import ExchangeError
from exchange.storage import mongod as mongod_module
from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.mongo import replica_set
from exchange.storage.mongo.driver import open_client
from exchange.storage.mongo.store import open_mongo_storage
from exchange.storage.mongod import Layout, find_running
from schemas.errors import ErrorCode
from tests.support.stored import acceptance, envelope_id

pytestmark = pytest.mark.integration


def script(folder: Path, text: str) -> Path:
    """Write something that stands in for mongod and fails as it would."""
    file = folder / "mongod"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return file


async def start_failing(folder: Path, text: str) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        await EmbeddedMongo(folder / "var", binary=script(folder, text)).start()
    return caught.value


def open_sockets(pid: int) -> set[str]:
    targets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # a connection that just closed
            targets.add(str(descriptor.readlink()))
    return {one for one in targets if one.startswith("socket:")}


def known_tcp_sockets() -> set[str]:
    tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    lines = [line for table in tables for line in table.read_text().splitlines()]
    return {f"socket:[{line.split()[9]}]" for line in lines if "inode" not in line}


async def until_alive_again(mongo: EmbeddedMongo, *, after: int) -> None:
    async with asyncio.timeout(20):
        while mongo.pid == after:  # noqa: ASYNC110 - another process changes
            await asyncio.sleep(0.05)


async def test_stored_envelope_outlives_a_stop(tmp_path: Path) -> None:
    async with EmbeddedMongo(tmp_path) as mongo:
        storage = await open_mongo_storage(mongo.uri)
        await storage.envelopes.accept(acceptance(1))
        await storage.close()

    async with EmbeddedMongo(tmp_path) as mongo:
        storage = await open_mongo_storage(mongo.uri)
        stored = await storage.envelopes.envelope(envelope_id(1))
        await storage.close()

    assert stored == acceptance(1).envelope


async def test_only_this_account_reaches_the_database(tmp_path: Path) -> None:
    async with EmbeddedMongo(tmp_path) as mongo:
        sockets, tcp_sockets = open_sockets(mongo.pid), known_tcp_sockets()

    assert sockets
    assert not sockets & tcp_sockets
    for folder in ("run", "db"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


async def test_second_process_joins_and_leaves_it_running(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib\n"
        "from exchange.storage.embedded import EmbeddedMongo\n"
        "async def main():\n"
        "    async with EmbeddedMongo(pathlib.Path(sys.argv[1])) as mongo:\n"
        "        print(mongo.pid, mongo.supervises)\n"
        "asyncio.run(main())\n"
    )
    async with EmbeddedMongo(tmp_path) as mongo:
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await other.communicate()

        assert output.decode().split() == [str(mongo.pid), "False"]
        assert mongo.supervises
        storage = await open_mongo_storage(mongo.uri)
        assert await storage.ready()
        await storage.close()


async def test_mongod_outlives_its_supervisor_and_is_adopted(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, signal, sys, pathlib\n"
        "from exchange.storage.embedded import EmbeddedMongo\n"
        "async def main():\n"
        "    mongo = EmbeddedMongo(pathlib.Path(sys.argv[1]))\n"
        "    await mongo.start()\n"
        "    print(mongo.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    crashed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await crashed.communicate()

    async with EmbeddedMongo(tmp_path) as mongo:
        assert str(mongo.pid) == output.decode().strip()
        assert mongo.supervises

    assert crashed.returncode == -signal.SIGKILL
    assert find_running(Layout(tmp_path)) is None


async def test_adoption_ends_what_a_dead_process_left_open(tmp_path: Path) -> None:
    async with EmbeddedMongo(tmp_path) as mongo:
        client = open_client(mongo.uri, patience_seconds=5)
        held = client["lienthong"]["held"]
        await held.insert_one({"_id": 1, "by": "nobody"})
        async with await client.start_session() as session:
            session.start_transaction()
            await held.update_one({"_id": 1}, {"$set": {"by": "dead"}}, session=session)
            await mongo.detach()
            began = perf_counter()
            await mongo.start()
            await held.update_one({"_id": 1}, {"$set": {"by": "next"}})
            seconds = perf_counter() - began
            with pytest.raises(PyMongoError):
                await session.commit_transaction()
        found = await held.find_one({"_id": 1})
        client.close()
    assert found is not None
    assert found["by"] == "next"
    assert seconds < 30  # mongod itself waits a minute


async def test_detached_mongod_runs_on(tmp_path: Path) -> None:
    first = EmbeddedMongo(tmp_path)
    await first.start()
    pid = first.pid
    await first.detach()

    async with EmbeddedMongo(tmp_path) as second:
        assert (second.pid, second.supervises) == (pid, True)


async def test_killed_mongod_is_started_again(tmp_path: Path) -> None:
    async with EmbeddedMongo(tmp_path) as mongo:
        storage = await open_mongo_storage(mongo.uri)
        await storage.envelopes.accept(acceptance(1))
        killed = mongo.pid
        os.kill(killed, signal.SIGKILL)

        await storage.envelopes.accept(acceptance(2))

        await until_alive_again(mongo, after=killed)
        assert await storage.envelopes.envelope(envelope_id(1)) is not None
        assert await storage.envelopes.envelope(envelope_id(2)) is not None
        await storage.close()


@pytest.mark.parametrize(
    ("place", "refusal"),
    [
        ("os.open", OSError(EMFILE, "no room for a file")),
        ("replica_set.is_primary", RuntimeError("can't start new thread")),
    ],
    ids=str,
)
async def test_killed_mongod_is_started_again_once_the_system_has_room_for_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    refusal: Exception,
) -> None:
    refusals = [refusal]
    opened, primary = os.open, replica_set.is_primary

    def output(file: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        if str(file).endswith("mongod.out") and refusals:
            raise refusals.pop()
        return opened(file, flags, mode, **more)

    async def asked(uri: str, *, member: str) -> bool:
        if refusals:
            raise refusals.pop()
        return await primary(uri, member=member)

    async with EmbeddedMongo(tmp_path) as mongo:
        if place == "os.open":
            monkeypatch.setattr(os, "open", output)
        else:
            monkeypatch.setattr(replica_set, "is_primary", asked)
        killed = mongo.pid
        os.kill(killed, signal.SIGKILL)

        await until_alive_again(mongo, after=killed)
        storage = await open_mongo_storage(mongo.uri)
        assert await storage.ready()
        await storage.close()
    assert refusals == []


@pytest.mark.parametrize(
    "name",
    ["x" * 100, "Documents", "Công văn", "a,b", "a:b"],
    ids=["deep", "upper", "accents", "comma", "colon"],
)
async def test_folder_that_names_no_host_gets_a_socket_elsewhere(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    async with EmbeddedMongo(folder) as mongo:
        target = (folder / "run" / "mongod.sock").readlink()
        storage = await open_mongo_storage(mongo.uri)
        await storage.envelopes.accept(acceptance(1))
        await storage.close()
        assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700

    assert not target.parent.exists()


@pytest.mark.parametrize("name", ["a b", "a%b@c", "công văn"])
async def test_folder_of_any_other_name_holds_its_socket(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    async with EmbeddedMongo(folder) as mongo:
        assert not (folder / "run" / "mongod.sock").is_symlink()
        storage = await open_mongo_storage(mongo.uri)
        await storage.envelopes.accept(acceptance(1))
        await storage.close()


async def test_moved_folder_is_primary_again(tmp_path: Path) -> None:
    async with EmbeddedMongo(tmp_path / "old") as mongo:
        storage = await open_mongo_storage(mongo.uri)
        await storage.envelopes.accept(acceptance(1))
        await storage.close()
    (tmp_path / "old").rename(tmp_path / "new")

    async with EmbeddedMongo(tmp_path / "new") as mongo:
        storage = await open_mongo_storage(mongo.uri)
        assert await storage.envelopes.envelope(envelope_id(1)) is not None
        await storage.close()


async def test_data_held_by_a_foreign_mongod_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was started otherwise, so that nothing of ours finds it."""
    async with EmbeddedMongo(tmp_path / "a"):
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "db").symlink_to(tmp_path / "a" / "db")
        monkeypatch.setattr(
            "exchange.storage.embedded.find_running", lambda _layout: None
        )
        with pytest.raises(ExchangeError) as caught:
            await EmbeddedMongo(tmp_path / "b").start()

    assert caught.value.code is ErrorCode.DATABASE_LOCKED


async def test_missing_library_is_named_with_its_install_line(tmp_path: Path) -> None:
    error = await start_failing(
        tmp_path,
        "echo 'mongod: error while loading shared libraries: libcurl.so.4: "
        "cannot open shared object file' >&2; exit 127",
    )

    assert error.code is ErrorCode.LIBRARY_MISSING
    assert error.place == "libcurl.so.4 (Debian: apt-get install libcurl4 libssl3)"


async def test_processor_without_its_instructions_is_named(tmp_path: Path) -> None:
    error = await start_failing(tmp_path, "kill -ILL $$")

    assert error.code is ErrorCode.PLATFORM_UNSUPPORTED


async def test_other_failure_points_to_the_log(tmp_path: Path) -> None:
    error = await start_failing(tmp_path, "exit 14")

    assert error.code is ErrorCode.DATABASE_UNAVAILABLE
    assert error.place.startswith("mongod ended with 14, see ")


async def test_failed_start_leaves_the_folder_free(tmp_path: Path) -> None:
    await start_failing(tmp_path, "exit 14")

    async with EmbeddedMongo(tmp_path / "var") as mongo:
        assert mongo.supervises


async def test_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongod_module, "_PACKAGE", "not-installed-anywhere")

    with pytest.raises(ExchangeError) as caught:
        await EmbeddedMongo(tmp_path).start()

    assert (caught.value.code, caught.value.place) == (
        ErrorCode.EXTRA_MISSING,
        "embedded",
    )


async def test_file_that_cannot_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError) as caught:
        await EmbeddedMongo(tmp_path, binary=tmp_path / "absent").start()

    assert caught.value.code is ErrorCode.DATABASE_UNAVAILABLE
