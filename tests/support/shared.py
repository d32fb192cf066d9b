"""What is made once for all processes that share the tests of a run."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pki.ca.file_lock import file_lock


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]
) -> Path:
    """Return a folder that the first process to ask for it has made.

    Tests read it and change nothing in it.

    Args:
        factory: of this process; those of a run have their folders side by side.
        name: of the folder.
        make: fills the folder, which is empty.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    with file_lock(root / f"{name}.lock"):
        folder, whole = root / name, root / f"{name}.made"
        if not whole.exists():
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder
