"""Settings: a validated, immutable object, or the service refuses to start.

`exchange.config_file` reads them; `exchange.settings` has their sections.
docs/configuration.md lists all keys; a test compares.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from exchange.errors import ExchangeError
from exchange.settings.accounts import AccountSettings
from exchange.settings.addressing import AddressingSettings
from exchange.settings.calendar import CalendarSettings
from exchange.settings.certification import (
    CaSettings,
    EnrolmentSettings,
    PublicationSettings,
    TimeStampingSettings,
)
from exchange.settings.console import ConsoleSettings
from exchange.settings.database import MongoSettings
from exchange.settings.deadlines import DeadlineSettings
from exchange.settings.hosts import is_loopback
from exchange.settings.keys import KeysSettings
from exchange.settings.limits import LimitSettings
from exchange.settings.notices import NoticeSettings
from exchange.settings.oidc import OidcSettings, contradictions_of_oidc
from exchange.settings.retention import RetentionSettings
from exchange.settings.scanner import ScannerSettings
from exchange.settings.server import (
    AuthMode,
    HubSettings,
    Role,
    ServerSettings,
    TlsSettings,
)
from exchange.settings.tokens import TokenSettings
from exchange.settings.trust import TrustSettings
from exchange.settings.verification import VerificationSettings
from schemas.errors import ErrorCode

_MOST_ACCURACY_MS = 1000
_LONGEST_SESSION_HOURS = 24  # what is older, the housekeeper forgets
_MOST_HTTP_WORKERS = 64
_PORTS = 1 << 16
_NEEDED = (
    ("server", "workers"),
    ("limits", "concurrent_intakes"),
    ("limits", "request_seconds"),
    ("limits", "idle_seconds"),
)
_LISTENING = (
    ("server", "port"),
    ("server", "public_port"),
    ("server", "admin_port"),
    ("enrolment", "port"),
    ("console", "port"),
)
"""Of these, 0 takes a free one."""


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
        verification: rules for signatures.
        accounts: people.
        oidc: signing in by an identity provider.
        tokens: tokens of systems.
        retention: how long bodies are kept.
        limits: limits.
        notices: webhooks and mail.
        addressing: whom an envelope may reach.
        calendar: when public bodies work.
        scanner: the scanner for malware.
        deadlines: by when things have to be done.
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
    verification: VerificationSettings = field(default_factory=VerificationSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    tokens: TokenSettings = field(default_factory=TokenSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    addressing: AddressingSettings = field(default_factory=AddressingSettings)
    calendar: CalendarSettings = field(default_factory=CalendarSettings)
    deadlines: DeadlineSettings = field(default_factory=DeadlineSettings)
    scanner: ScannerSettings = field(default_factory=ScannerSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)

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
    yield from _useless(settings)
    yield from _contradictions_of_keys(settings)
    if not settings.roles or len(set(settings.roles)) < len(settings.roles):
        yield "roles"
    if Role.CA in settings.roles:
        yield from _contradictions_of_ca(settings.ca, settings.enrolment)
    yield from _contradictions_of_console(settings)
    yield from contradictions_of_oidc(settings.oidc)
    yield from _contradictions_of_notices(settings.notices)
    for name in ("lock_failures", "lock_minutes", "idle_minutes", "session_hours"):
        if not getattr(settings.accounts, name):
            yield f"accounts.{name}"
    if settings.accounts.session_hours > _LONGEST_SESSION_HOURS:
        yield "accounts.session_hours"


def _useless(settings: Settings) -> Iterator[str]:
    """Yield keys with values that no service can work with."""
    for section, name in _NEEDED:
        if not getattr(getattr(settings, section), name):
            yield f"{section}.{name}"
    for section, name in _LISTENING:
        if getattr(getattr(settings, section), name) >= _PORTS:
            yield f"{section}.{name}"
    if not 0 < settings.notices.smtp_port < _PORTS:
        yield "notices.smtp_port"
    for name in ("id", "log_id"):
        said = getattr(settings.hub, name)
        if not said.strip() or not said.isprintable():
            yield f"hub.{name}"


def _contradictions_of_notices(notices: NoticeSettings) -> Iterator[str]:
    if not all(one.isdecimal() and 0 < int(one) < _PORTS for one in notices.ports):
        yield "notices.ports"
    if notices.smtp_host and "@" not in notices.smtp_sender:
        yield "notices.smtp_sender"
    if bool(notices.smtp_user) != (notices.smtp_password_file is not None):
        yield "notices.smtp_password_file"


def _contradictions_of_keys(settings: Settings) -> Iterator[str]:
    ocsp = settings.keys.ocsp
    keys = (ocsp.persons, ocsp.organisations, ocsp.systems, settings.keys.tsa)
    if any(one.uri for one in keys) and settings.publication.folder is None:
        yield "publication.folder"
    if settings.keys.tsa.uri:
        yield from _contradictions_of_stamps(settings)


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


def _contradictions_of_console(settings: Settings) -> Iterator[str]:
    console = settings.console
    if (console.certificate is None) != (console.key is None):
        yield "console.key" if console.certificate else "console.certificate"
    if console.certificate is None and not is_loopback(console.host):
        yield "console.certificate"
    if console.client_ca is not None and console.certificate is None:
        yield "console.client_ca"


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
