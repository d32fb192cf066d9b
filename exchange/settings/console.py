"""The pages people work with."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """The console's listener.

    Args:
        enabled: whether it is opened, where the process has the role ``exchange``.
        host: its address; without a certificate: on loopback only.
        port: its port; 0 takes a free one.
        certificate: PEM chain of the server, leaf first.
        key: PEM key of the server, readable by the service alone.
        client_ca: PEM certificates of the CAs that issue to people who sign in by
            certificate; without it nobody is asked for one.
        names: host names it answers to besides its own address.
        public_verification: whether anybody who reaches it may verify a file.
        upload_bytes: largest form with files; larger documents come from the agency's
            own system.
    """

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 8445
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    names: tuple[str, ...] = ()
    public_verification: bool = False
    upload_bytes: int = 64 * 1024 * 1024
