"""What the exchange stores of envelopes, as frozen records.

Agencies and systems: `exchange.domain.parties`; the log: `exchange.domain.log_entries`.

Times are UTC with milliseconds. Bytes are exactly what was signed or received.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from exchange.domain.links import Link, Matter, Recall
from exchange.domain.log_entries import PendingLogEntry
from schemas.edxml.scanned import ScannedAttachment
from schemas.identifiers import DocumentId, EnvelopeId, MessageId, OrganId, SystemId
from schemas.vocabulary import (
    AuditEvent,
    BusinessType,
    DeliveryState,
    EnvelopeKind,
    EvidenceLevel,
    LinkKind,
    StatusCode,
    Step,
)


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
    business_type: BusinessType = BusinessType.NEW
    matter: Matter = field(default_factory=Matter)
    redirects: tuple[Redirect, ...] = ()

    @property
    def is_registrable(self) -> bool:
        """Whether it is a document that is to be registered.

        A status is none; nor is a request for a document back, however it is sent.
        """
        is_document = self.kind is EnvelopeKind.DOCUMENT
        return is_document and self.business_type is not BusinessType.RECALL

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
    status_of: EnvelopeId | None = None
    links: tuple[Link, ...] = ()
    receipt: bytes = b""
    purged_at: datetime | None = None

    def links_of(self, kind: LinkKind) -> tuple[Link, ...]:
        """Return the ties of one kind."""
        return tuple(one for one in self.links if one.kind is kind)

    def links_shown_to(self, agencies: Collection[OrganId]) -> tuple[Link, ...]:
        """Return the ties that recipients of it may see."""
        return tuple(
            one for one in self.links if one.is_shown_to(agencies, of=self.recipients)
        )

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
