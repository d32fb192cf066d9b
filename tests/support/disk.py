"""A disk as tests need it: one that is full, and what was made durable on it.

The limit of the size of files stands in for a full disk: the kernel refuses the same
writes, and no privilege is needed to set it.
"""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def files_of_at_most(size: int, *, process: int = 0) -> Iterator[None]:
    """Let no file of a process grow beyond this; 0 is this one."""
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


class SyncedFolders:
    """The folders whose entries this process made durable since the last look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._found: set[tuple[int, int]] = set()
        fsync = os.fsync

        def noting(descriptor: int) -> None:
            fsync(descriptor)
            facts = os.fstat(descriptor)
            if stat.S_ISDIR(facts.st_mode):
                self._found.add((facts.st_dev, facts.st_ino))

        monkeypatch.setattr(os, "fsync", noting)

    def hold(self, *folders: Path) -> bool:
        """Tell whether all of them are among these, and begin anew."""
        found, self._found = self._found, set()
        facts = [one.stat() for one in folders]
        return all((one.st_dev, one.st_ino) in found for one in facts)
