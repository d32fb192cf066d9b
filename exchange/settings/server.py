"""Listeners, roles, names of the hub."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class AuthMode(StrEnum):
    """How callers of the agency listener are known."""

    MUTUAL_TLS = "mutual_tls"
    DEVELOPMENT = "development"


class Role(StrEnum):
    """What a process does; a small site has one process for everything."""

    EXCHANGE = "exchange"
    CA = "ca"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Listeners.

    Args:
        host: address of the agency listener.
        port: port of the agency listener; 0 takes a free one.
        public_host: address of the public listener: CA files and OCSP, plain HTTP.
        public_port: port of the public listener; 0 takes a free one.
        admin_port: loopback port of health and metrics; 0 takes a free one.
        workers: processes that judge PDF files.
        http_workers: processes that take requests of agencies; 1 is the service itself.
        proxy_socket: Unix socket on which the agency listener takes requests of a
            proxy that ended TLS, with `Client-Cert` (RFC 9440); not with several
            `http_workers`.
        proxy_addresses: addresses of proxies whose `Client-Cert` counts on the agency
            listener; their own certificates do not.
        drain_seconds: how long running requests may finish after SIGTERM.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    public_host: str = "127.0.0.1"
    public_port: int = 8480
    admin_port: int = 8481
    workers: int = 2
    http_workers: int = 1
    proxy_socket: Path | None = None
    proxy_addresses: tuple[str, ...] = ()
    drain_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """The agency listener's TLS.

    Args:
        certificate: PEM chain of the server, leaf first.
        key: PEM key of the server, readable by the service alone.
        client_ca: PEM certificates of the CAs that issue to systems, up to the root.
    """

    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Who this hub is in receipts and log.

    Args:
        id: name of the hub in receipts.
        log_id: name of its transparency log.
    """

    id: str = "lienthong-demo"
    log_id: str = "lienthong-demo-log"
