"""The service as a copy of one process that has loaded it already.

Most of what a start of `lienthong serve` takes is loading modules: a second and a half
of processor time. A copy is a process like any other: it has its own memory,
descriptors and signals, is killed and waited for, and runs the whole verb. Tests whose
claim is about the program itself (how it is called, what it loads) start the program.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import TimeoutExpired

from exchange.cli import main

_LOADED = "tests.support.loaded"
_POLL_SECONDS = 0.02

_COPIES = multiprocessing.get_context("forkserver")
_COPIES.set_forkserver_preload([_LOADED])


class Copy:
    """A running verb; asked and told what `subprocess.Popen` is."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The number of the process."""
        if self._process.pid is None:
            raise ProcessLookupError(self._process.name)
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or minus the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Look whether it has ended."""
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        self.send_signal(signal.SIGKILL)

    def wait_until_ended(self, seconds: float) -> int:
        """Return the exit code once it has ended.

        Raises:
            TimeoutExpired: it still runs.
        """
        self._process.join(seconds)
        if self.returncode is None:
            raise TimeoutExpired(self._process.name, seconds)
        return self.returncode

    async def wait(self) -> int:
        """Return the exit code once it has ended."""
        while (code := self.returncode) is None:  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(_POLL_SECONDS)
        return code


def copy_of(
    words: Sequence[str],
    log: Path,
    environment: Mapping[str, str] = os.environ,
    *,
    answer: Path | None = None,
) -> Copy:
    """Run a verb in a copy.

    Args:
        words: as on the command line.
        log: what it says is added to this file.
        environment: all that it has.
        answer: what it says on its standard output goes here instead.
    """
    order = (list(words), str(log), str(answer or log), dict(environment))
    process = _COPIES.Process(target=_become, args=order, name=" ".join(words[:1]))
    process.start()
    return Copy(process)


async def launch_copy(words: Sequence[str], log: Path) -> Copy:
    """Run a verb in a copy, with the environment of this process."""
    return await asyncio.to_thread(copy_of, words, log)


def _become(
    words: list[str], log: str, answer: str, environment: dict[str, str]
) -> None:
    """Have what a program has when it starts, and run the verb."""
    for descriptor, path in ((1, answer), (2, log)):
        sink = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(sink, descriptor)
        os.close(sink)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as it runs
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as it runs
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["lienthong", *words]
    sys.exit(main(words))
