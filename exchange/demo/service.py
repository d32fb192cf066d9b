"""The service of the demonstration, as a process of its own."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from exchange.demo.runner import CheckError

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05


class ServiceProcess(Protocol):
    """What is asked of the process of a service, and told to it."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs."""

    def terminate(self) -> None:
        """Ask it to stop."""

    def kill(self) -> None:
        """End it without warning."""

    async def wait(self) -> int:
        """Return its exit code once it has ended."""


Launch = Callable[[Sequence[str], Path], Awaitable[ServiceProcess]]
"""Runs a verb by its words; what it says goes to the file."""


@dataclass(frozen=True, slots=True)
class RunningService:
    """A running service and where it listens; a demonstration has all listeners."""

    process: ServiceProcess
    agency_port: int
    public_port: int
    admin_port: int
    enrolment_port: int

    async def stop(self) -> None:
        """Ask it to stop and wait until it has."""
        if self.process.returncode is None:
            self.process.terminate()
        await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)

    async def kill(self) -> None:
        """End it without warning, as a power cut would."""
        self.process.kill()
        await self.process.wait()


async def launch_program(words: Sequence[str], log: Path) -> ServiceProcess:
    """Run a verb as a program of its own, with the environment of this process."""
    with log.open("ab") as sink:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "exchange", *words),
            stdin=DEVNULL,
            stdout=sink,
            stderr=sink,
            env=os.environ,
        )


async def start_service(
    folder: Path,
    *,
    workers: int = 1,
    seconds: float = _START_SECONDS,
    launch: Launch = launch_program,
) -> RunningService:
    """Start `lienthong serve` on the site in `folder` and wait until it listens.

    Args:
        folder: of the site.
        workers: processes that take requests.
        seconds: how long it may take until it listens.
        launch: how the process is started.

    Raises:
        CheckError: it ended, or did not listen in time.
    """
    state = folder / "run" / "service.json"
    state.unlink(missing_ok=True)
    log = folder / "log"
    log.mkdir(exist_ok=True)
    words = ("serve", "--config", str(folder / "lienthong.toml"), "--var", str(folder))
    number = ("--workers", str(workers))
    process = await launch((*words, *number), log / "service.log")
    try:
        async with asyncio.timeout(seconds):
            listening = await _listening(process, state)
    except TimeoutError as error:
        process.kill()
        raise CheckError(f"{log}/service.log") from error
    return RunningService(
        process,
        agency_port=listening["agency_port"],
        public_port=listening["public_port"],
        admin_port=listening["admin_port"],
        enrolment_port=listening["enrolment_port"],
    )


async def _listening(process: ServiceProcess, state: Path) -> dict[str, Any]:
    while process.returncode is None:
        fields = _read(state)
        if fields is not None:
            return fields
        await asyncio.sleep(_POLL_SECONDS)
    raise CheckError(f"service ended: {process.returncode}, {state.parent.parent}/log")


def _read(state: Path) -> dict[str, Any] | None:
    if not state.exists():
        return None
    fields: dict[str, Any] = json.loads(state.read_bytes())
    return fields
