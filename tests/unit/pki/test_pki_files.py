"""Files that are complete or absent."""

import os
from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.files import PRIVATE, read_private_file, write_atomically
from schemas.errors import ErrorCode


def test_written_file_replaces_the_old_one_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "root.crl"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_modes_are_as_asked(tmp_path: Path) -> None:
    write_atomically(tmp_path / "public", b"")
    write_atomically(tmp_path / "private", b"", mode=PRIVATE)
    assert (tmp_path / "public").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes files of others")
@pytest.mark.parametrize(
    ("of_folder", "of_file", "afterwards"),
    [(4711, 4711, 4711), (0, 4711, 0), (4712, 4711, 0), (4711, None, 0)],
    ids=["theirs", "in a folder of root", "in a folder of another", "new"],
)
def test_what_root_replaces_in_the_folder_of_its_owner_stays_theirs(
    tmp_path: Path, of_folder: int, of_file: int | None, afterwards: int
) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    os.chown(folder, of_folder, of_folder)
    if of_file is not None:
        (folder / "key").write_bytes(b"old")
        os.chown(folder / "key", of_file, of_file)

    write_atomically(folder / "key", b"new", mode=PRIVATE)

    written = (folder / "key").stat()
    assert (written.st_uid, written.st_gid) == (afterwards, afterwards)
    assert written.st_mode & 0o777 == PRIVATE


def test_failed_write_keeps_the_old_file_and_no_remains(tmp_path: Path) -> None:
    target = tmp_path / "root.crl"
    target.mkdir()
    with pytest.raises(PkiError) as refusal:
        write_atomically(target, b"new")
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
    assert list(tmp_path.iterdir()) == [target]


def test_absent_folder_is_a_coded_refusal(tmp_path: Path) -> None:
    with pytest.raises(PkiError) as refusal:
        write_atomically(tmp_path / "absent" / "root.crl", b"")
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN


def test_private_file_is_read(tmp_path: Path) -> None:
    write_atomically(tmp_path / "key", b"secret", mode=PRIVATE)
    assert read_private_file(tmp_path / "key") == b"secret"
