"""What the exchange stores, as frozen records.

Times are UTC with milliseconds. Bytes are exactly what was signed or received.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from exchange.domain.links import Link, Matter, Recall
from schemas.edxml.scanned import ScannedAttachment
from schemas.identifiers import (
    DocumentId,
    EnvelopeId,
    MessageId,
    OrganId,
    SystemId,
)
from schemas.vocabulary import (
    AuditEvent,
    BusinessType,
    DeliveryState,
    EnvelopeKind,
    EvidenceLevel,
    Level,
    LinkKind,
    LogEntryType,
    StatusCode,
    Step,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerStanding:
    """What an agency was called and below whom it stood, up to a moment."""

    until: datetime
    name: str
    parent: OrganId | None
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionCertificate:
    """What others encrypt to an agency with, while it is neither replaced nor revoked.

    Args:
        sha256: of `certificate`, in lower hexadecimal.
        certificate: DER.
        valid_from: begin of its validity.
        valid_to: end of its validity.
        published_at: from when the directory has it.
        replaced_at: when another took its place.
        revoked_at: when its agency took it back.
    """

    sha256: str
    certificate: bytes
    valid_from: datetime
    valid_to: datetime
    published_at: datetime
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_current(self) -> bool:
        """Whether nothing ended it but maybe time."""
        return self.replaced_at is None and self.revoked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency of the tree, as it stands between `valid_from` and `valid_to`.

    `exchange.domain.directory.standing` tells how it stands at a moment.

    Args:
        code: its identifier (Decision 20/2020 form where it has one).
        code_2016: the 13-character form, if it has one.
        parent: the agency above it, None at the top.
        level: from the tree, never from the code.
        successor: the agency that took over when it was closed.
        former: how it stood before, the earliest first; a change that takes effect
            later has its former standing here too.
        closed_by: the event that closed it; None if it was imported so.
        encryption: what others encrypt to it with, and did, the earliest first.
    """

    code: OrganId
    name: str
    parent: OrganId | None
    level: Level
    code_2016: OrganId | None = None
    email: str = ""
    valid_from: datetime
    valid_to: datetime | None = None
    successor: OrganId | None = None
    former: tuple[FormerStanding, ...] = ()
    closed_by: str | None = None
    encryption: tuple[EncryptionCertificate, ...] = ()


@dataclass(frozen=True, slots=True)
class ActsFor:
    """A system's dated right to act for one agency."""

    agency: OrganId
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One connected document system.

    Args:
        certificates: SHA-256 (lower hex) of its client certificates' DER.
        may_channel: whether it may send without signing (evidence level channel).
        attests_arrival: whether the hub attests status 01 when it takes a document.
    """

    system_id: SystemId
    name: str
    certificates: frozenset[str]
    acts_for: tuple[ActsFor, ...]
    may_channel: bool = False
    attests_arrival: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment(ScannedAttachment):
    """An attachment of an accepted envelope: a view of its raw body.

    Args:
        number: 1-based, in manifest order.
        is_pdf: whether it begins as a PDF does; None where intake did not look.
    """

    number: int
    is_pdf: bool | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Who is reached instead of a recipient, over however many links."""

    addressed: OrganId
    reached: OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeOutline:
    """What deadlines and counts go by, of an accepted envelope.

    Args:
        matter: what recipients sort a document by.
        redirects: recipients that are closed or not connected, and who is reached.
    """

    envelope_id: EnvelopeId
    kind: EnvelopeKind
    sender: OrganId
    recipients: tuple[OrganId, ...]
    evidence_level: EvidenceLevel
    accepted_at: datetime
    urgency: int = 0
    matter: Matter = field(default_factory=Matter)
    redirects: tuple[Redirect, ...] = ()

    @property
    def redirected(self) -> frozenset[OrganId]:
        """The recipients in whose stead others are reached."""
        return frozenset(one.addressed for one in self.redirects)

    @property
    def reached(self) -> tuple[OrganId, ...]:
        """The recipients to whom it is delivered themselves."""
        elsewhere = self.redirected
        return tuple(one for one in self.recipients if one not in elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(EnvelopeOutline):
    """One accepted envelope; never changes after acceptance, but that its body may go.

    Args:
        links: its ties to earlier envelopes.
        purged_at: when its body was removed; its receipt says what it was.
    """

    system_id: SystemId
    message_id: MessageId
    content_type: str
    size: int
    body_sha256: str
    attachments: tuple[StoredAttachment, ...] = ()
    document_id: DocumentId | None = None
    document_code: str = ""
    subject: str = ""
    business_type: BusinessType = BusinessType.NEW
    status_of: EnvelopeId | None = None
    links: tuple[Link, ...] = ()
    receipt: bytes = b""
    purged_at: datetime | None = None

    def links_of(self, kind: LinkKind) -> tuple[Link, ...]:
        """Return the ties of one kind."""
        return tuple(one for one in self.links if one.kind is kind)

    def meant_for(self, recipient: OrganId) -> tuple[OrganId, ...]:
        """Return those in whose stead a recipient is reached."""
        return tuple(
            one.addressed for one in self.redirects if one.reached == recipient
        )


def delivery_key(envelope_id: EnvelopeId, recipient: OrganId) -> str:
    """Name one delivery; later envelopes have greater keys."""
    return f"{envelope_id}/{recipient}"


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """One poller has a delivery to itself until a moment."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRetry:
    """What is kept of failures a recipient reported.

    Args:
        failures: how many in all.
        first_at: the first since it was last sent anew; None if there is none.
        retry_at: when it is offered again; None if it is not failed now.
    """

    failures: int = 0
    first_at: datetime | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The state of one envelope towards one recipient.

    `log_index` is the index of the log entry that made it visible; it is the inbox
    cursor. `status` is the last processing status the recipient reported.

    Args:
        opened: the payload was handed out to the recipient.
        recall: it is asked back, and what the recipient says to that.
        answer: 15 or 16 to what this envelope asks for, if it asks for something.
    """

    envelope_id: EnvelopeId
    recipient: OrganId
    state: DeliveryState
    log_index: int | None = None
    status: StatusCode | None = None
    lease: DeliveryLease | None = None
    retry: DeliveryRetry = field(default_factory=DeliveryRetry)
    opened: bool = False
    recall: Recall | None = None
    answer: StatusCode | None = None


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """A delivery as a decision looked at it, and what becomes of it.

    Only state, status, `opened`, recall and answer are compared and changed; if one of
    them is no longer what it was, nothing is stored.
    """

    before: Delivery
    after: Delivery


@dataclass(frozen=True, slots=True)
class AddedDelivery:
    """A delivery of an envelope that was accepted before, to one recipient more."""

    envelope: Envelope
    recipient: OrganId
    state: DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogEntry:
    """A log entry that waits for its index.

    Args:
        entry_id: ULID; entries are sequenced in this order.
        envelope_id: the envelope concerned; otherwise the entry's subject.
        leaf: canonical bytes of the entry (RFC 8785), the input of the leaf hash.
        makes_visible: deliveries of this envelope become visible with it.
        urgency: of an envelope that goes ahead of others; only until it has its index.
        shown_to: whose deliveries those are, where it names them: they are few. It
            follows from what is stored with it, and is not compared.
    """

    entry_id: str
    entry_type: LogEntryType
    envelope_id: EnvelopeId
    leaf: bytes
    makes_visible: bool = False
    urgency: int = 0
    shown_to: tuple[OrganId, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaJournalPosition:
    """How much of one CA's published journal is in the log.

    Args:
        label: of the CA.
        number: of the last line entered; 0 before the first.
        digest: that line; 64 zeros before the first.
        lines_sha256: SHA-256 of all lines up to it, in lower hexadecimal.
        entry_id: of its log entry; later lines have greater ones.
    """

    label: str
    number: int = 0
    digest: str = "0" * 64
    lines_sha256: str = sha256().hexdigest()
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaJournalStep:
    """Everything that becomes durable when lines of a CA's journal are entered.

    Args:
        before: where the position must be, else nothing is stored.
        entries: one for each line after it, oldest first.
        after: where the position is then.
    """

    before: CaJournalPosition
    entries: tuple[PendingLogEntry, ...]
    after: CaJournalPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencedLogEntry:
    """A log entry with its place in the log."""

    index: int
    entry: PendingLogEntry


@dataclass(frozen=True, slots=True)
class LogLeaf:
    """A log entry as the tree has it.

    Args:
        index: its place in the log.
        content: canonical bytes of the entry.
        nodes: hashes of the nodes it completes, as stored, the leaf first.
    """

    index: int
    content: bytes
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """A step receipt, byte for byte.

    Args:
        key: unique per envelope, e.g. ``taken:H99``; recording it twice is a repeat.
        issuer: who signed: the hub's id or a system id.
        status: the raw status envelope this receipt answers, if any.
    """

    envelope_id: EnvelopeId
    key: str
    step: Step
    recipient: OrganId | None
    issuer: str
    recorded_at: datetime
    content: bytes
    entry_id: str
    status_envelope: EnvelopeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the audit trail; no payload, no keys, no personal data."""

    at: datetime
    event: AuditEvent
    actor: str
    subject: str = ""
    code: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Everything that becomes durable when an envelope is accepted.

    Args:
        body: the raw body when small, else empty with `body_chunks` set.
        body_chunks: id under which the chunks were stored before.
        updates: deliveries of other envelopes that change with it.
        steps: what else is recorded because of it.
        delivered: its delivery, where there is nothing to check: its deliveries begin
            in the state that step leaves.
    """

    envelope: Envelope
    entry: PendingLogEntry
    audit: AuditLine
    body: bytes = b""
    body_chunks: str | None = None
    receipts: tuple[StoredReceipt, ...] = ()
    status_change: "StatusChange | None" = None
    updates: tuple[DeliveryUpdate, ...] = ()
    steps: "tuple[StepRecord, ...]" = ()
    delivered: "StepRecord | None" = None

    @property
    def waits_for_check(self) -> bool:
        """Whether its deliveries cannot be read yet."""
        return self.delivered is None and not self.entry.makes_visible

    def first_states(self) -> Iterator[tuple[OrganId, DeliveryState]]:
        """Yield each recipient with the state in which its delivery begins."""
        elsewhere, is_shown = self.envelope.redirected, not self.waits_for_check
        first = DeliveryState.AVAILABLE if is_shown else DeliveryState.ACCEPTED
        for one in self.envelope.recipients:
            yield one, DeliveryState.REDIRECTED if one in elsewhere else first


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A reported processing status; (document, receiver, code) is unique."""

    envelope_id: EnvelopeId
    recipient: OrganId
    before: StatusCode | None
    after: StatusCode


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """Everything that becomes durable with one step of one or all deliveries.

    Args:
        recipients: the deliveries concerned.
        before: the states they must be in, else nothing is stored.
        after: the state they enter, which ends a lease; None leaves it.
        status: the status they get, none of which may have one; None leaves it.
        retry: what is kept of failures from now on; None leaves it.
        lease: who has them from now on, where `after` is leased.
        updates: deliveries that change one by one, after those above.
        added: deliveries that begin with it.
        also: steps that are recorded with it, or not at all; they follow it.
    """

    receipt: StoredReceipt
    entry: PendingLogEntry
    audit: AuditLine
    recipients: tuple[OrganId, ...]
    before: frozenset[DeliveryState]
    after: DeliveryState | None = None
    status: StatusCode | None = None
    retry: DeliveryRetry | None = None
    lease: DeliveryLease | None = None
    updates: tuple[DeliveryUpdate, ...] = ()
    added: tuple[AddedDelivery, ...] = ()
    also: "tuple[StepRecord, ...]" = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The envelope was stored now."""

    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Repeated:
    """An envelope with this message id was stored before; here it is."""

    envelope: Envelope


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One visible delivery with its envelope."""

    delivery: Delivery
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class LogState:
    """Size and root of the log, and the nodes on its right edge."""

    size: int = 0
    frontier: tuple[bytes, ...] = field(default=())
