"""Settings: a validated, immutable object, or the service refuses to start.

`exchange.config_file` reads them. docs/configuration.md lists all keys; a test
compares.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NewType

from exchange.errors import ExchangeError
from pki.tsa.clock import ClockSource
from schemas.errors import ErrorCode

_KIB = 1024
_MIB = 1024 * _KIB
_GIB = 1024 * _MIB
_MOST_ACCURACY_MS = 1000
_MOST_HTTP_WORKERS = 64


KeyUri = NewType("KeyUri", str)
"""Names a key (`pki.keys.loader`); its path is relative to the settings' file."""

_NO_KEY = KeyUri("")


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
        drain_seconds: how long running requests may finish after SIGTERM.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    public_host: str = "127.0.0.1"
    public_port: int = 8480
    admin_port: int = 8481
    workers: int = 2
    http_workers: int = 1
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
class MongoSettings:
    """The database.

    Args:
        uri: a MongoDB cluster; empty starts the embedded one.
        database: name of the database.
    """

    uri: str = ""
    database: str = "lienthong"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Who this hub is in receipts and log.

    Args:
        id: name of the hub in receipts.
        log_id: name of its transparency log.
    """

    id: str = "lienthong-demo"
    log_id: str = "lienthong-demo-log"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """Where one key is kept.

    Args:
        uri: ``pkcs12:PATH``, ``file:PATH`` of a PEM file with key and chain, or the
            address of a key in a token, ``pkcs11:…`` (RFC 7512).
        passphrase_file: file whose first line opens the key; of a token: the PIN.
        certificate: PEM chain of a key in a token that holds none.
        module: PKCS #11 module of a token.
    """

    uri: KeyUri = _NO_KEY
    passphrase_file: Path | None = None
    certificate: Path | None = None
    module: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspKeysSettings:
    """Keys that answer for the issuing CAs; a CA without one is not answered for.

    Args:
        persons: certified by the persons CA.
        organisations: certified by the organisations CA.
        systems: certified by the systems CA.
    """

    persons: KeySettings = field(default_factory=KeySettings)
    organisations: KeySettings = field(default_factory=KeySettings)
    systems: KeySettings = field(default_factory=KeySettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysSettings:
    """The hub's keys.

    Args:
        receipt: signs receipts and evidence manifests.
        log: signs tree heads.
        ocsp: sign OCSP answers.
        tsa: signs time stamps; a new one is certified every year.
    """

    receipt: KeySettings = field(default_factory=KeySettings)
    log: KeySettings = field(default_factory=KeySettings)
    ocsp: OcspKeysSettings = field(default_factory=OcspKeysSettings)
    tsa: KeySettings = field(default_factory=KeySettings)


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
        crl_check_seconds: how often the age of the revocation lists is looked at.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """Which certificates are believed; the operating system's are never used.

    Args:
        anchors: PEM or DER files of root certificates.
        intermediates: PEM or DER files of issuing certificates.
        revocation: CRL files, or folders of them; read again when they change.
        reload_seconds: how often changes are looked for.
        revocation_hosts: ``host`` or ``host:port`` of those that may be asked over OCSP
            and for lists while a signature is brought to B-LT or B-LTA.
    """

    anchors: tuple[Path, ...] = ()
    intermediates: tuple[Path, ...] = ()
    revocation: tuple[Path, ...] = ()
    reload_seconds: float = 5.0
    revocation_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """What one caller may ask for (docs/protocol.md).

    Args:
        inline_body_bytes: larger bodies are stored in chunks.
        xml_bytes: largest XML part without attachments.
        channel_xml_bytes: the same from a peer that does not sign.
        body_bytes: largest request body of an envelope.
        small_body_bytes: largest body of any other request.
        attachment_bytes: largest attachment.
        attachments: most attachments of one envelope.
        concurrent_intakes: envelopes taken in at once by one process.
        request_seconds: longest time for one request without a large body.
        transfer_seconds: longest time for one request with a large body, in or out.
        idle_seconds: longest pause within a body that comes in.
        inbox_wait_seconds: longest wait for inbox news.
        inbox_page: most inbox items in one answer.
        pdf_bytes: largest PDF that is judged; larger ones are held.
        pdf_memory_bytes: memory of one PDF worker.
        pdf_seconds: time for one PDF.
        evidence_wait_seconds: how long evidence waits for its log entries.
        signing_bytes: largest PDF that is prepared for a key elsewhere.
        signing_seconds: how long a prepared file waits for its signature.
    """

    inline_body_bytes: int = _MIB
    xml_bytes: int = 2_000_000
    channel_xml_bytes: int = 256 * _KIB
    body_bytes: int = 4 * _GIB
    small_body_bytes: int = 256 * _KIB
    attachment_bytes: int = 2 * _GIB
    attachments: int = 1000
    concurrent_intakes: int = 64
    request_seconds: float = 90.0
    transfer_seconds: float = 3600.0
    idle_seconds: float = 30.0
    inbox_wait_seconds: float = 60.0
    inbox_page: int = 200
    pdf_bytes: int = 256 * _MIB
    pdf_memory_bytes: int = 3 * _GIB // 2
    pdf_seconds: float = 30.0
    evidence_wait_seconds: float = 10.0
    signing_bytes: int = 64 * _MIB
    signing_seconds: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set.

    Args:
        roles: what the process does: ``exchange``, ``ca``, or both.
        auth: ``mutual_tls``; ``development`` believes a header, on loopback only.
        server: listeners.
        tls: certificates of the agency listener.
        mongodb: the database.
        hub: names of this hub.
        keys: the hub's keys.
        publication: what the public listener serves.
        time_stamping: time stamps.
        ca: the CA, for the role ``ca``.
        enrolment: the enrolment listener, for the role ``ca``.
        trust: believed certificates.
        limits: limits.
    """

    roles: tuple[Role, ...] = (Role.EXCHANGE,)
    auth: AuthMode = AuthMode.MUTUAL_TLS
    server: ServerSettings = field(default_factory=ServerSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    mongodb: MongoSettings = field(default_factory=MongoSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    keys: KeysSettings = field(default_factory=KeysSettings)
    publication: PublicationSettings = field(default_factory=PublicationSettings)
    time_stamping: TimeStampingSettings = field(default_factory=TimeStampingSettings)
    ca: CaSettings = field(default_factory=CaSettings)
    enrolment: EnrolmentSettings = field(default_factory=EnrolmentSettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)

    def __post_init__(self) -> None:
        """Refuse a set of values that contradict each other.

        Raises:
            ExchangeError: the first key at fault (CONFIGURATION_INVALID).
        """
        for place in _contradictions(self):
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)


def _contradictions(settings: Settings) -> Iterator[str]:
    """Yield the keys that others contradict."""
    development = settings.auth is AuthMode.DEVELOPMENT
    if development and not is_loopback(settings.server.host):
        yield "auth"
    if not 1 <= settings.server.http_workers <= _MOST_HTTP_WORKERS:
        yield "server.http_workers"
    ocsp = settings.keys.ocsp
    keys = (ocsp.persons, ocsp.organisations, ocsp.systems, settings.keys.tsa)
    if any(one.uri for one in keys) and settings.publication.folder is None:
        yield "publication.folder"
    if settings.keys.tsa.uri:
        yield from _contradictions_of_stamps(settings)
    if not settings.roles or len(set(settings.roles)) < len(settings.roles):
        yield "roles"
    if Role.CA in settings.roles:
        yield from _contradictions_of_ca(settings.ca, settings.enrolment)


def _contradictions_of_stamps(settings: Settings) -> Iterator[str]:
    """Keys that stamp are held where the CA is, and nowhere else."""
    if Role.CA not in settings.roles:
        yield "keys.tsa.uri"
    stamping = settings.time_stamping
    if stamping.register is None:
        yield "time_stamping.register"
    if not 1 <= stamping.accuracy_ms <= _MOST_ACCURACY_MS:
        yield "time_stamping.accuracy_ms"
    if not stamping.stamps_per_second:
        yield "time_stamping.stamps_per_second"


def _contradictions_of_ca(
    ca: CaSettings, enrolment: EnrolmentSettings
) -> Iterator[str]:
    if ca.folder is None:
        yield "ca.folder"
    for name in ("crl_check_seconds", "expiry_check_seconds"):
        if not getattr(ca, name):
            yield f"ca.{name}"
    if (enrolment.certificate is None) != (enrolment.key is None):
        yield "enrolment.key" if enrolment.certificate else "enrolment.certificate"
    if not enrolment.requests_per_minute:
        yield "enrolment.requests_per_minute"


def is_loopback(host: str) -> bool:
    """Tell whether a listener on `host` can be reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def all_keys() -> Iterator[tuple[str, object]]:
    """Yield every key with its default, in the order of declaration."""
    yield from _keys_of(Settings(), "")


def _keys_of(section: Any, prefix: str) -> Iterator[tuple[str, object]]:
    for one in fields(section):
        value = getattr(section, one.name)
        if is_dataclass(value):
            yield from _keys_of(value, f"{prefix}{one.name}.")
        else:
            yield f"{prefix}{one.name}", value
