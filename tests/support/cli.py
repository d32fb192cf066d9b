"""The command line, called in this process or as a program of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from exchange.cli import main
from exchange.demo.site import Site
from pki.files import PRIVATE, write_atomically
from tests.support.copies import Copy, copy_of

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, which must be one JSON document and nothing else."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> str:
        """The code of the refusal on standard output."""
        return str(self.json["error"]["code"])


def lienthong(*words: str | Path) -> Said:
    """Call the command line in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as done:  # argparse ends so after it has shown its help
            code = int(done.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


def program(*words: str | Path, timeout: float = 60) -> Said:
    """Run the command line as a program of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "exchange", *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def passphrase(folder: Path, text: str = "mật khẩu thử") -> Path:
    """Write a passphrase as people keep it."""
    path = folder / "passphrase"
    write_atomically(path, f"{text}\n".encode(), mode=PRIVATE)
    return path


@contextmanager
def serving(*words: str | Path, log: Path) -> Iterator[dict[str, Any]]:
    """Run `lienthong serve` until the end of the block; yield what it says."""
    said = log / "serve.out"
    said.unlink(missing_ok=True)
    service = copy_of(
        ("serve", "--json", *map(str, words)), log / "serve.err", answer=said
    )
    try:
        yield _ready(service, said)
    finally:
        service.terminate()
        service.wait_until_ended(_STOP_SECONDS)


@contextmanager
def demo_site(folder: Path) -> Iterator[Site]:
    """Serve the demonstration province in `folder`."""
    with serving("--demo", "--var", folder, log=folder):
        yield Site(folder / "serve")


def _ready(service: Copy, said: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and service.poll() is None:
        try:
            found: dict[str, Any] = json.loads(said.read_bytes())
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
        else:
            return found
    raise TimeoutError(said.with_suffix(".err").read_text("utf-8"))
