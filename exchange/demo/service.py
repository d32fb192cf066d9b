"""The service of the demonstration, as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.demo.runner import CheckError

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RunningService:
    """A running service and where it listens; a demonstration has all listeners."""

    process: Process
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
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


async def start_service(
    folder: Path, *, workers: int = 1, seconds: float = _START_SECONDS
) -> RunningService:
    """Start `lienthong serve` on the site in `folder` and wait until it listens.

    Args:
        folder: of the site.
        workers: processes that take requests.
        seconds: how long it may take until it listens.

    Raises:
        CheckError: it ended, or did not listen in time.
    """
    state = folder / "run" / "service.json"
    state.unlink(missing_ok=True)
    log = folder / "log"
    log.mkdir(exist_ok=True)
    with (log / "service.log").open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "exchange", "serve"),
            *("--config", str(folder / "lienthong.toml"), "--var", str(folder)),
            *("--workers", str(workers)),
            stdin=DEVNULL,
            stdout=sink,
            stderr=sink,
            env=os.environ,
        )
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


async def _listening(process: Process, state: Path) -> dict[str, Any]:
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
