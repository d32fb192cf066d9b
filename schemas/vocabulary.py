"""Closed sets of the exchange: kinds, states, steps, statuses and what may follow.

Sources: Decree 30/2020/NĐ-CP article 7 and Annex III (document kinds), QCVN 102
(edXML values), Decision 28/2018/QĐ-TTg (duties of sender and receiver).
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Urgency(IntEnum):
    """OtherInfo/Priority of edXML."""

    NORMAL = 0
    URGENT = 1
    VERY_URGENT = 2
    FLASH = 3
    FLASH_AT_HOUR = 4


class BusinessType(IntEnum):
    """BussinessDocType of edXML."""

    NEW = 0
    RECALL = 1
    UPDATE = 2
    REPLACE = 3


class LinkKind(StrEnum):
    """What one document is to another."""

    RECALLS = "recalls"
    UPDATES = "updates"
    REPLACES = "replaces"
    ANSWERS = "answers"
    DUPLICATES = "duplicates"


class Reach(StrEnum):
    """How far a recipient had come with a document that was asked back."""

    NOT_OPENED = "not_opened"
    OPENED = "opened"
    ACTED = "acted"


class Steering(IntEnum):
    """SteeringType of edXML: whether the document steers, and asks for reports."""

    NONE = 0
    STEER = 1
    STEER_AND_REPORT = 2


class EvidenceLevel(StrEnum):
    """How the sender is proved: by its signature or by the channel alone."""

    SIGNED = "signed"
    CHANNEL = "channel"


class EnvelopeKind(StrEnum):
    """What an envelope carries."""

    DOCUMENT = "document"
    STATUS = "status"


class Actor(StrEnum):
    """Who may cause a change of state."""

    HUB = "hub"
    SENDER = "sender"
    RECIPIENT = "recipient"
    OPERATOR = "operator"


class DeliveryState(StrEnum):
    """State of one envelope towards one recipient."""

    ACCEPTED = "accepted"
    CHECKING = "checking"
    AVAILABLE = "available"
    LEASED = "leased"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    DEAD_LETTER = "dead_letter"
    QUARANTINED = "quarantined"
    HELD = "held"
    REDIRECTED = "redirected"
    RECALLED = "recalled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DeliveryTransition:
    """One allowed change of a delivery."""

    before: DeliveryState
    after: DeliveryState
    actor: Actor


_D = DeliveryState
DELIVERY_TRANSITIONS: frozenset[DeliveryTransition] = frozenset(
    DeliveryTransition(before, after, actor)
    for before, after, actor in (
        (_D.ACCEPTED, _D.CHECKING, Actor.HUB),
        (_D.ACCEPTED, _D.REDIRECTED, Actor.HUB),
        (_D.ACCEPTED, _D.RECALLED, Actor.SENDER),
        (_D.CHECKING, _D.AVAILABLE, Actor.HUB),
        (_D.CHECKING, _D.QUARANTINED, Actor.HUB),
        (_D.CHECKING, _D.HELD, Actor.HUB),
        (_D.CHECKING, _D.RECALLED, Actor.SENDER),
        (_D.HELD, _D.AVAILABLE, Actor.HUB),
        (_D.HELD, _D.AVAILABLE, Actor.OPERATOR),
        (_D.HELD, _D.AVAILABLE, Actor.RECIPIENT),
        (_D.HELD, _D.QUARANTINED, Actor.HUB),
        (_D.HELD, _D.QUARANTINED, Actor.OPERATOR),
        (_D.HELD, _D.RECALLED, Actor.SENDER),
        (_D.AVAILABLE, _D.LEASED, Actor.RECIPIENT),
        (_D.AVAILABLE, _D.ACKNOWLEDGED, Actor.RECIPIENT),
        (_D.AVAILABLE, _D.FAILED, Actor.RECIPIENT),
        (_D.AVAILABLE, _D.DEAD_LETTER, Actor.HUB),
        (_D.AVAILABLE, _D.EXPIRED, Actor.HUB),
        (_D.AVAILABLE, _D.RECALLED, Actor.SENDER),
        (_D.LEASED, _D.AVAILABLE, Actor.HUB),
        (_D.LEASED, _D.ACKNOWLEDGED, Actor.RECIPIENT),
        (_D.LEASED, _D.FAILED, Actor.RECIPIENT),
        (_D.LEASED, _D.RECALLED, Actor.SENDER),
        (_D.FAILED, _D.AVAILABLE, Actor.HUB),
        (_D.FAILED, _D.ACKNOWLEDGED, Actor.RECIPIENT),
        (_D.FAILED, _D.DEAD_LETTER, Actor.HUB),
        (_D.FAILED, _D.RECALLED, Actor.SENDER),
        (_D.LEASED, _D.AVAILABLE, Actor.OPERATOR),
        (_D.FAILED, _D.AVAILABLE, Actor.OPERATOR),
        (_D.DEAD_LETTER, _D.AVAILABLE, Actor.OPERATOR),
        (_D.DEAD_LETTER, _D.ACKNOWLEDGED, Actor.RECIPIENT),
        (_D.DEAD_LETTER, _D.RECALLED, Actor.SENDER),
        (_D.ACKNOWLEDGED, _D.RECALLED, Actor.SENDER),
    )
)
FINAL_DELIVERY_STATES: frozenset[DeliveryState] = frozenset(
    {_D.QUARANTINED, _D.REDIRECTED, _D.RECALLED, _D.EXPIRED}
)
READABLE_DELIVERY_STATES: frozenset[DeliveryState] = frozenset(
    {_D.AVAILABLE, _D.LEASED, _D.ACKNOWLEDGED, _D.FAILED, _D.DEAD_LETTER}
)


class SigningState(StrEnum):
    """State of a signature that is prepared here and made elsewhere."""

    PREPARED = "prepared"
    COMPLETING = "completing"
    SIGNED = "signed"
    EXPIRED = "expired"
    REFUSED = "refused"


class Step(StrEnum):
    """What a step receipt attests."""

    DELIVERED = "delivered"
    QUARANTINED = "quarantined"
    HELD = "held"
    RELEASED = "released"
    OFFERED_AGAIN = "offered_again"
    DEAD_LETTERED = "dead_lettered"
    PURGED = "purged"
    TAKEN = "taken"
    FAILED = "failed"
    PROCESSING = "processing"
    REDIRECTED = "redirected"
    ARRIVED = "arrived"
    REFUSED = "refused"
    REGISTERED = "registered"
    ASSIGNED = "assigned"
    IN_PROCESS = "in_process"
    FINISHED = "finished"
    RECALL_REQUESTED = "recall_requested"
    AGREED = "agreed"
    DECLINED = "declined"
    RECALLED = "recalled"


class StatusCode(StrEnum):
    """Business status codes of the national axis (notes: domain 2.1)."""

    ARRIVED = "01"
    REFUSED = "02"
    REGISTERED = "03"
    ASSIGNED = "04"
    IN_PROCESS = "05"
    FINISHED = "06"
    RECALL_REQUESTED = "13"
    AGREED = "15"
    DECLINED = "16"


STATUS_STEPS: dict[StatusCode, Step] = {
    StatusCode.ARRIVED: Step.ARRIVED,
    StatusCode.REFUSED: Step.REFUSED,
    StatusCode.REGISTERED: Step.REGISTERED,
    StatusCode.ASSIGNED: Step.ASSIGNED,
    StatusCode.IN_PROCESS: Step.IN_PROCESS,
    StatusCode.FINISHED: Step.FINISHED,
    StatusCode.RECALL_REQUESTED: Step.RECALL_REQUESTED,
    StatusCode.AGREED: Step.AGREED,
    StatusCode.DECLINED: Step.DECLINED,
}
"""A business status is a step receipt; the codes' own names are the steps'."""

PROCESSING_ORDER: tuple[StatusCode, ...] = (
    StatusCode.ARRIVED,
    StatusCode.REGISTERED,
    StatusCode.ASSIGNED,
    StatusCode.IN_PROCESS,
    StatusCode.FINISHED,
)
"""Processing moves forward along this order, jumps allowed."""


def next_processing_statuses(current: StatusCode | None) -> frozenset[StatusCode]:
    """Return the processing statuses (01 to 06) that may follow `current`.

    02 ends the processing and is possible only before registration.
    """
    if current is None:
        return frozenset({*PROCESSING_ORDER, StatusCode.REFUSED})
    if current is StatusCode.REFUSED:
        return frozenset()
    later = PROCESSING_ORDER[PROCESSING_ORDER.index(current) + 1 :]
    if current is StatusCode.ARRIVED:
        return frozenset({*later, StatusCode.REFUSED})
    return frozenset(later)


class TransportAcknowledgement(StrEnum):
    """What a recipient's system says of one queue item."""

    DONE = "done"
    FAIL = "fail"
    PROCESSING = "processing"


TRANSPORT_STEPS: dict[TransportAcknowledgement, Step] = {
    TransportAcknowledgement.DONE: Step.TAKEN,
    TransportAcknowledgement.FAIL: Step.FAILED,
    TransportAcknowledgement.PROCESSING: Step.PROCESSING,
}
"""The words of the national axis for the steps a recipient's system takes itself."""


class AuditEvent(StrEnum):
    """Everything that is written to the audit trail."""

    ENVELOPE_ACCEPTED = "envelope.accepted"
    ENVELOPE_REPEATED = "envelope.repeated"
    ENVELOPE_REFUSED = "envelope.refused"
    ENVELOPE_DELIVERED = "envelope.delivered"
    ENVELOPE_QUARANTINED = "envelope.quarantined"
    ENVELOPE_HELD = "envelope.held"
    ENVELOPE_READ = "envelope.read"
    DELIVERY_RELEASED = "delivery.released"
    DELIVERY_OFFERED_AGAIN = "delivery.offered_again"
    DELIVERY_DEAD_LETTERED = "delivery.dead_lettered"
    DELIVERY_OVERDUE = "delivery.overdue"
    DELIVERY_ESCALATED = "delivery.escalated"
    REGISTER_NUMBER_TOLD = "register.number_told"
    WEBHOOK_REGISTERED = "webhook.registered"
    WEBHOOK_FORGOTTEN = "webhook.forgotten"
    NOTICE_SENT_ANEW = "notice.sent_anew"
    STEP_RECORDED = "step.recorded"
    STATUS_RECORDED = "status.recorded"
    ARRIVAL_ATTESTED = "arrival.attested"
    RECALL_REQUESTED = "recall.requested"
    RECALL_DONE = "recall.done"
    RECIPIENT_ADDED = "recipient.added"
    ACCESS_REFUSED = "access.refused"
    EVIDENCE_READ = "evidence.read"
    DIRECTORY_IMPORTED = "directory.imported"
    DIRECTORY_CHANGED = "directory.changed"
    SYSTEM_REGISTERED = "system.registered"
    SYSTEM_TAKEN_AWAY = "system.taken_away"
    LIST_SAVED = "list.saved"
    LIST_REMOVED = "list.removed"
    DELEGATION_FILED = "delegation.filed"
    DELEGATION_REVOKED = "delegation.revoked"
    DELEGATION_REFUSED = "delegation.refused"
    ENCRYPTION_CERTIFICATE_PUBLISHED = "encryption_certificate.published"
    ENCRYPTION_CERTIFICATE_REVOKED = "encryption_certificate.revoked"
    ENCRYPTION_CERTIFICATE_REFUSED = "encryption_certificate.refused"
    SIGNING_ASKED = "signing.asked"
    SIGNING_PREPARED = "signing.prepared"
    SIGNING_READ = "signing.read"
    SIGNING_COMPLETING = "signing.completing"
    SIGNING_DONE = "signing.done"
    SIGNING_EXPIRED = "signing.expired"
    SIGNING_REFUSED = "signing.refused"
    ACCOUNT_CHANGED = "account.changed"
    SIGNED_IN = "session.begun"
    SIGN_IN_REFUSED = "session.refused"
    SIGNED_OUT = "session.ended"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - the name of an event
    MAINTENANCE_CHANGED = "maintenance.changed"
    STATISTICS_RECOUNTED = "statistics.recounted"
    CERTIFICATE_APPROVED = "certificate.approved"
    CERTIFICATE_REFUSED = "certificate.refused"
    PAYLOAD_PURGED = "payload.purged"
    LOG_AUDITED = "log.audited"


class LogEntryType(StrEnum):
    """Types of entries in the transparency log."""

    ACCEPTED = "accepted"
    STEP = "step"
    STATUS = "status"
    DIRECTORY = "directory"
    CA_ACTION = "ca_action"
    DOCUMENT_SIGNED = "document_signed"


class AgencyChange(StrEnum):
    """What may happen to agencies (design, section 7)."""

    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    MOVE = "move"
    CLOSE = "close"
    RECODE = "recode"


class RedirectReason(StrEnum):
    """Why a document went to another agency than the one it names."""

    CLOSED = "closed"
    NOT_CONNECTED = "not_connected"


class Level(StrEnum):
    """The four levels of administration; an agency's level comes from the tree."""

    CENTRAL = "central"
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"
