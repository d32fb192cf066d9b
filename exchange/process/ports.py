"""Where a running process listens, told to whoever looks into its folder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pki.files import write_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where a running service listens; `run/service.json` says the same.

    Args:
        agency_port: None without the role `exchange`.
        public_port: None where nothing is published.
        enrolment_port: None without the role `ca`, or without a certificate for it.
        console_port: None where the console is not opened.
        http_workers: processes that take requests of agencies; 1 is the service itself.
    """

    pid: int
    host: str
    agency_port: int | None
    public_port: int | None
    admin_port: int
    enrolment_port: int | None = None
    console_port: int | None = None
    http_workers: int = 0


@contextmanager
def announced(folder: Path, ports: Ports) -> Iterator[None]:
    """Say in `run/service.json` where the service listens, while it does."""
    path = folder / "run" / "service.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(asdict(ports)).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
