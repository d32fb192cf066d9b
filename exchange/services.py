"""What the use cases are given: one frozen object, built by the process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Protocol

from cryptography.x509 import Certificate

from exchange.directory_cache import DirectoryCache
from exchange.domain.access import acting_agencies
from exchange.domain.deadlines import DeadlinePolicy
from exchange.domain.docket import Rules
from exchange.domain.intake import IntakePolicy
from exchange.domain.notices import Attempt, Notice, NoticeChannel, Subscription
from exchange.domain.parties import System
from exchange.domain.retention import RetentionPolicy
from exchange.domain.roles import AccessRole
from exchange.domain.stuck import LOG_WAITS, waiting_since
from exchange.domain.tokens import Scope
from exchange.domain.webhooks import TargetPolicy
from exchange.domain.working_days import WorkingCalendar
from exchange.errors import ExchangeError
from exchange.ids import MonotonicIds
from exchange.places import Places
from exchange.settings.addressing import AddressingSettings
from exchange.settings.limits import LimitSettings
from exchange.signals import Signals
from exchange.storage.ports import Storage
from exchange.switches import Switches
from exchange.tokens import TokenDesk
from exchange.turns import Turns
from exchange.usage import Usage
from pki.certificates import fingerprint_of
from pki.keys.api import Credential
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.timestamps import truncate_ms
from schemas.verdict import Verdict
from schemas.vocabulary import DeliveryState
from signing.evidence_sources import RevocationFetcher
from signing.pades.levels import TimeStampSource, TokenRoom
from signing.validation.drawn import DrawnPage
from signing.workers.made import CompletedPart, PreparedPart, RaisedPart
from signing.xmldsig.sign import Signatory


class Trust(Protocol):
    """What certificates are judged by; it follows the files it came from."""

    @property
    def material(self) -> TrustMaterial:
        """Roots, intermediates and CRLs as they are now."""

    def judge(
        self,
        certificate: Certificate | bytes,
        *,
        intermediates: Sequence[Certificate],
        at: datetime,
        usage: KeyPurpose,
    ) -> ChainJudgement:
        """Judge a certificate; judgements are remembered for at most a minute."""


class PdfReader(Protocol):
    """Reads untrusted PDF files where a crash or a bomb does no harm."""

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        """Judge a PDF.

        Raises:
            SigningError: no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """

    async def judge_file(
        self, data: bytes, *, material: TrustMaterial, now: datetime
    ) -> Verdict:
        """Judge a file of any kind; a bundle as of its manifest, all others as of now.

        What cannot be read to an end is a verdict too.
        """

    async def first_page_lines(self, data: bytes) -> Sequence[str]:
        """Return the lines of text on the first page.

        Raises:
            SigningError: no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """

    async def drawn_page(self, data: bytes, number: int) -> DrawnPage:
        """Return a page as a picture; a number beyond the last gives the last.

        Raises:
            SigningError: no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """


class MalwareScanner(Protocol):
    """Knows malware."""

    async def answers(self) -> bool:
        """Tell whether it is there."""

    async def finds_malware(self, content: Iterator[bytes]) -> bool:
        """Tell whether content is known as malware.

        Raises:
            ExchangeError: no answer (MALWARE_UNCHECKED).
            SchemaError: the content cannot be decoded.
        """


class PdfSigner(Protocol):
    """Prepares and completes signatures of untrusted PDF files, without their keys."""

    async def prepare(
        self, document: bytes, *, instructions: bytes, at: datetime
    ) -> PreparedPart:
        """Return what a signature without a value adds to a document.

        Raises:
            SigningError: refused, or no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """

    async def complete(self, prepared: bytes, *, instructions: bytes) -> CompletedPart:
        """Return what goes into the gap of a prepared file.

        Raises:
            SigningError: refused, or no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """

    async def raise_level(
        self,
        signed: bytes,
        *,
        material: TrustMaterial,
        instructions: bytes,
        at: datetime,
    ) -> RaisedPart:
        """Return what brings a stamped signature to a higher level.

        Raises:
            SigningError: no evidence, or no answer (LIMIT_EXCEEDED, PARSER_FAILED).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Who this hub is.

    Args:
        receipt: signs receipts and evidence manifests.
        log: signs tree heads.
        key_id: name of the receipt key: SHA-256 of its certificate, lower hex.
        attester: signs with the receipt key; made once, for two receipts of each
            envelope.
    """

    hub_id: str
    log_id: str
    receipt: Credential
    log: Credential
    key_id: str = field(init=False)
    attester: Signatory = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make what follows from the credential."""
        object.__setattr__(self, "key_id", fingerprint(self.receipt.certificate))
        object.__setattr__(self, "attester", Signatory.of(self.receipt))


class Counters(Protocol):
    """Told what operators look at."""

    def stuck(self, state: DeliveryState, number: int) -> None:
        """Take note of how many deliveries are stuck in a state."""

    def log_waits(self, waited: timedelta) -> None:
        """Take note of how long an entry has waited for its place in the log."""

    def notice_attempted(self, channel: str, outcome: str) -> None:
        """Count an attempt to notify somebody; both are of closed sets."""

    def overdue(self, clock: str) -> None:
        """Count a moment that passed; of a closed set."""


class NoticeCarrier(Protocol):
    """Takes notices somewhere."""

    async def carry(
        self, services: "Services", notice: Notice, subscription: Subscription
    ) -> Attempt:
        """Try once and tell how it ended; failures are told, not raised."""


class _NobodyCounts:
    def stuck(self, state: DeliveryState, number: int) -> None:
        """Nobody looks."""

    def log_waits(self, waited: timedelta) -> None:
        """Nobody looks."""

    def notice_attempted(self, channel: str, outcome: str) -> None:
        """Nobody looks."""

    def overdue(self, clock: str) -> None:
        """Nobody looks."""


class Office(Protocol):
    """What keeping the directory needs, with or without a running service."""

    @property
    def storage(self) -> Storage:
        """All ports."""

    @property
    def ids(self) -> MonotonicIds:
        """Ids that follow one another."""

    def now(self) -> datetime:
        """Return the time, in UTC and whole milliseconds."""

    def directory_changed(self) -> None:
        """Take note that the directory may have been changed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryOffice:
    """An `Office` for the command line, which has no keys of the hub."""

    storage: Storage
    clock: Callable[[], datetime]
    ids: MonotonicIds = field(default_factory=MonotonicIds)

    def now(self) -> datetime:
        """Return the time, in UTC and whole milliseconds."""
        return truncate_ms(self.clock())

    def directory_changed(self) -> None:
        """A command keeps no directory."""


class HubOffice(Office, Protocol):
    """What attesting needs, with or without a running service."""

    @property
    def hub(self) -> Hub:
        """Who attests."""

    @property
    def ids(self) -> MonotonicIds:
        """Makes the ids of log entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorOffice(DirectoryOffice):
    """A `HubOffice` for the command line."""

    hub: Hub
    ids: MonotonicIds = field(default_factory=MonotonicIds)


_PDFS_IN_MEMORY = 4
_BUNDLES_IN_MEMORY = 2
"""While it is made, a bundle of 256 MiB is three times as much in memory."""


def _usual_rules() -> Rules:
    return Rules(WorkingCalendar(), DeadlinePolicy())


def _pdf_places() -> Places:
    return Places(_PDFS_IN_MEMORY)


def _bundle_places() -> Places:
    return Places(_BUNDLES_IN_MEMORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the use cases need from outside.

    Args:
        stamps: gives time stamps for signatures made elsewhere; blocking.
        revocations: asks about signers and stampers now; blocking. None: what is
            followed must do.
        room: what is known of the size of its tokens.
        signer: prepares and completes signatures; None where there are no workers.
        retention: how long bodies are kept.
        tokens: makes and reads tokens of systems; None: none are given.
        usage: what callers have used.
        switches: what operators have switched.
        delivers_at_once: what has nothing to check is delivered with its acceptance,
            and waits for no turn of the checker.
        scanner: asked about every attachment before it is delivered; None: nobody is.
        pdf_places: held while a whole PDF is in memory, so that few are at once.
        bundle_places: held while an evidence bundle is made, whoever asked for it.
        turns: taken by what keeps the processor for more than a moment.
        chance: draws from 0 up to 1, to spread what would come back together.
        counters: told what operators look at.
        carriers: by which channels notices leave; none where nobody is told.
        webhook_policy: where webhooks may be.
        deadlines: by what deadlines are judged.
    """

    storage: Storage
    clock: Callable[[], datetime]
    hub: Hub
    trust: Trust
    pdfs: PdfReader
    signals: Signals
    limits: LimitSettings
    addressing: AddressingSettings = field(default_factory=AddressingSettings)
    signer: PdfSigner | None = None
    stamps: TimeStampSource | None = None
    revocations: RevocationFetcher | None = None
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    tokens: TokenDesk | None = None
    usage: Usage = field(default_factory=Usage)
    switches: Switches = field(default_factory=Switches)
    room: TokenRoom = field(default_factory=TokenRoom)
    ids: MonotonicIds = field(default_factory=MonotonicIds)
    directory: DirectoryCache = field(default_factory=DirectoryCache)
    delivers_at_once: bool = False
    scanner: MalwareScanner | None = None
    pdf_places: Places = field(default_factory=_pdf_places)
    bundle_places: Places = field(default_factory=_bundle_places)
    turns: Turns = field(default_factory=Turns)
    chance: Callable[[], float] = SystemRandom().random
    counters: Counters = field(default_factory=_NobodyCounts)
    carriers: Mapping[NoticeChannel, NoticeCarrier] = field(default_factory=dict)
    webhook_policy: TargetPolicy = field(default_factory=TargetPolicy)
    deadlines: Rules = field(default_factory=_usual_rules)

    def now(self) -> datetime:
        """Return the time, in UTC and whole milliseconds."""
        return truncate_ms(self.clock())

    def directory_changed(self) -> None:
        """Take note that the directory may have been changed here."""
        self.directory.doubt()

    def ids_after(self, entry_id: str) -> MonotonicIds:
        """Return ids that follow one another, and one another process made."""
        return MonotonicIds(after=entry_id)

    async def check(self) -> tuple[str, ...]:
        """Return what is degraded (`exchange.readiness`).

        Why nothing is taken in, and the log, if what is taken in does not get there.

        Raises:
            ExchangeError: the database does not answer (SERVICE_UNAVAILABLE).
        """
        if not await self.storage.ready():
            raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="database")
        oldest = await self.storage.log.oldest_waiting()
        is_late = waiting_since(oldest, self.now()) > LOG_WAITS
        return (*self.switches.reasons, *(("log",) if is_late else ()))

    @property
    def intake_policy(self) -> IntakePolicy:
        """The limits of the intake decision."""
        return IntakePolicy(
            channel_xml_bytes=self.limits.channel_xml_bytes,
            stored_bytes=self.limits.agency_stored_bytes,
            recipients=self.addressing.recipients,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: an authenticated system, or a person as a system of their own.

    Args:
        role: what it may do (`exchange.http.route.Route.allowed`).
        plain_channel: it named itself without a certificate (development only).
        scopes: of its token; None without one.
        audits_all: an auditor of the whole hub, not of one agency.
    """

    system: System
    role: AccessRole = AccessRole.SYSTEM
    plain_channel: bool = False
    audits_all: bool = False
    scopes: frozenset[Scope] | None = None

    def acting_as(self, agency: OrganId | None, at: datetime) -> frozenset[OrganId]:
        """Return the named agency, or all agencies the system acts for now.

        Raises:
            ExchangeError: the system does not act for it (AGENCY_NOT_ACTED_FOR).
        """
        own = acting_agencies(self.system, at)
        if agency is None:
            return own
        if agency not in own:
            raise ExchangeError(ErrorCode.AGENCY_NOT_ACTED_FOR, place=agency)
        return frozenset({agency})


def fingerprint(certificate: Certificate) -> str:
    """Return SHA-256 of a certificate's DER, in lower hexadecimal."""
    return fingerprint_of(certificate).hex()
