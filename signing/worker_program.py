"""The program of a worker process, started before its caller has loaded anything.

This module loads none of our libraries: whoever is to judge one file starts the worker
first, and both load side by side.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SINGLE_FILE_BYTES = 1536 * 1024 * 1024
SINGLE_FILE_SECONDS = 30.0
"""What one file may use on the command line (design: 30 s and 1.5 GiB)."""

JUDGE_PDF = "judge_pdf"
"""The job that judges a PDF."""

_PDF_HEADER = b"%PDF-"


def start_worker(
    jobs: Sequence[str], *, memory_bytes: int, seconds: float
) -> "subprocess.Popen[bytes]":
    """Start a worker; it inherits two pipes and a path to the code.

    No other descriptor, and no variable of the environment (which may name secrets).

    Args:
        jobs: what it is to load; it can do no other.
        memory_bytes: address space of the process.
        seconds: processor time of one job, rounded up.
    """
    return subprocess.Popen(  # noqa: S603 - our own program and arguments
        [
            *(sys.executable, "-P", "-m", "signing.workers.child"),
            *(str(memory_bytes), str(int(seconds) + 1)),
            *jobs,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": _module_path(), "LC_ALL": "C.UTF-8"},
        bufsize=0,
        start_new_session=True,
    )


def end_worker(process: "subprocess.Popen[bytes]") -> None:
    """End a worker, whatever it does; nothing of it is left."""
    process.kill()
    with process:
        pass


@contextmanager
def worker_ahead(path: Path) -> Iterator["list[subprocess.Popen[bytes]]"]:
    """Start a worker for what looks like a PDF; what is not taken is ended.

    Yields:
        One worker, to be taken by whoever judges the file; or none.
    """
    waiting = [_pdf_judge()] if _looks_like_pdf(path) else []
    try:
        yield waiting
    finally:
        for process in waiting:
            end_worker(process)


def _pdf_judge() -> "subprocess.Popen[bytes]":
    return start_worker(
        (JUDGE_PDF,), memory_bytes=SINGLE_FILE_BYTES, seconds=SINGLE_FILE_SECONDS
    )


def _looks_like_pdf(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_PDF_HEADER)) == _PDF_HEADER
    except OSError:
        return False  # Whoever reads it whole says what is wrong.


def _module_path() -> str:
    """Return where this process finds modules, without the current folder."""
    return os.pathsep.join(str(Path(one).resolve()) for one in sys.path if one)
