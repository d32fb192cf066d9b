"""A file that is refused is let go of, by whatever opened it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.registration.book import SqliteBook
from pki.registry.api import SqliteRegistry
from pki.sqlite_file import SqliteFile
from pki.tsa.register import SqliteTimeStampRegister
from pki.tsa.stamp_queue_file import SqliteStampQueue
from schemas.errors import ErrorCode
from signing.upgrade_queue import UpgradeQueue
from tests.support.pki import NOW

OPENERS: dict[str, Callable[[Path], object]] = {
    "file": SqliteFile,
    "registry": SqliteRegistry,
    "book": SqliteBook,
    "stamps": lambda path: SqliteTimeStampRegister(path, NOW),
    "stamp queue": SqliteStampQueue,
    "upgrade queue": UpgradeQueue,
}


def left_open(folder: Path) -> list[str]:
    """Return what this process has open of a folder."""
    handles = Path("/proc/self/fd")
    paths = [str(one.readlink()) for one in handles.iterdir() if one.is_symlink()]
    return [one for one in paths if one.startswith(f"{folder}/")]


@pytest.mark.parametrize("kind", OPENERS)
def test_file_of_another_kind_is_let_go_of(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"not a database" * 100)
    # What was refused is still at hand: nothing is closed by being forgotten.
    with pytest.raises(PkiError) as refusal:
        OPENERS[kind](path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE
    assert left_open(tmp_path) == []


@pytest.mark.parametrize("kind", ["registry", "book"])
def test_file_of_a_later_program_is_let_go_of(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(PkiError) as refusal:
        OPENERS[kind](path)
    assert refusal.value.code is ErrorCode.DATABASE_NEWER
    assert left_open(tmp_path) == []


def test_register_without_room_for_its_origin_is_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "stamps"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIEW origin AS SELECT 1")
    with pytest.raises(PkiError) as refusal:
        SqliteTimeStampRegister(path, NOW)
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert left_open(tmp_path) == []


def test_hierarchy_lets_go_of_all_registries_if_one_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    create_hierarchy(folder, HierarchySettings(), lambda: NOW).close()
    registries = sorted(folder.glob("private/*/registry.sqlite"))
    assert len(registries) > 2
    for refused in (registries[0], registries[-1]):
        kept = refused.read_bytes()
        refused.write_bytes(b"not a database" * 100)
        with pytest.raises(PkiError) as refusal:
            Hierarchy.open(folder, clock=lambda: NOW + timedelta(minutes=1))
        assert refusal.value.code is ErrorCode.FILE_UNREADABLE
        assert left_open(tmp_path) == []
        refused.write_bytes(kept)
