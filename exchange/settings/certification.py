"""The CA, its listeners and time stamps."""

from dataclasses import dataclass
from pathlib import Path

from pki.tsa.clock import ClockSource


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationSettings:
    """What the public listener serves.

    Args:
        folder: published files of the CA; without it the listener stays closed.
        responders: folder with `LABEL.p12`: keys that answer for earlier generations.
        responders_passphrase_file: file whose first line opens them.
        ocsp_hours: how long an OCSP answer counts.
        ocsp_signatures_per_second: most OCSP answers signed; others are told to wait.
    """

    folder: Path | None = None
    responders: Path | None = None
    responders_passphrase_file: Path | None = None
    ocsp_hours: float = 8.0
    ocsp_signatures_per_second: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CaSettings:
    """The CA of a process with the role `ca`.

    Args:
        folder: the CA, with its private folder.
        passphrase_file: file whose first line opens the keys of the CA.
        crl_check_seconds: how often lists are looked at: how old, how complete.
        expiry_check_seconds: how often certificates near their end are looked for.
    """

    folder: Path | None = None
    passphrase_file: Path | None = None
    crl_check_seconds: float = 300.0
    expiry_check_seconds: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentSettings:
    """The enrolment listener: EST (RFC 7030), of a process with the role `ca`.

    Args:
        host: address of the enrolment listener.
        port: port of the enrolment listener; 0 takes a free one.
        certificate: PEM chain of the server, leaf first; without it the listener
            stays closed.
        key: PEM key of the server, readable by the service alone.
        requests_per_minute: most requests from one address.
    """

    host: str = "127.0.0.1"
    port: int = 8444
    certificate: Path | None = None
    key: Path | None = None
    requests_per_minute: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampingSettings:
    """Making time stamps (`keys.tsa`), and having them made elsewhere.

    Args:
        register: SQLite file that records every stamp, on a local disk; made if absent.
        accuracy_ms: how far the clock may be off, in milliseconds; 1 to 1000.
        clock: who vouches for the clock: ``kernel``, ``chrony``, or ``trusted``: the
            operator, and only jumps are looked for.
        stamps_per_second: most stamps made; others are told to wait.
        policies: identifiers of the policies stamped under, the default one first;
            empty for our own.
        servers: addresses of authorities that are asked for stamps, best one first.
        server_anchors: PEM files of roots believed for servers over ``https``.
    """

    register: Path | None = None
    accuracy_ms: int = 1000
    clock: ClockSource = ClockSource.KERNEL
    stamps_per_second: int = 100
    policies: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    server_anchors: tuple[Path, ...] = ()
