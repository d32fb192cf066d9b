"""Records to documents and back. Fields without a value are left out."""

from typing import Any

from exchange.domain.log_entries import LogState, PendingLogEntry, SequencedLogEntry
from exchange.domain.parties import ActsFor, System
from exchange.domain.records import (
    AuditLine,
    Delivery,
    DeliveryLease,
    DeliveryRetry,
    Envelope,
    StoredReceipt,
)
from exchange.storage.growth import Leaf
from exchange.storage.mongo.driver import Document, Filter
from exchange.storage.mongo.link_codec import recall_record
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import (
    AuditEvent,
    DeliveryState,
    EnvelopeKind,
    LogEntryType,
    StatusCode,
    Step,
)


def of_envelope(envelope_id: EnvelopeId) -> Filter:
    """Select what is stored under ``envelope/…`` ids; "0" follows "/"."""
    return {"_id": {"$gte": f"{envelope_id}/", "$lt": f"{envelope_id}0"}}


def key_of(envelope_id: EnvelopeId, part: str) -> str:
    """Return the id of a part of an envelope: a delivery or a receipt."""
    return f"{envelope_id}/{part}"


def times_of(key: str) -> Filter:
    """Select a part by its id, and each further time of it; ";" follows ":"."""
    return {"$or": [{"_id": key}, {"_id": {"$gte": f"{key}:", "$lt": f"{key};"}}]}


def envelope_of(document: Document) -> EnvelopeId:
    """Return the envelope that a part belongs to, by what is known of the part."""
    if "envelope" in document:
        return EnvelopeId(document["envelope"])
    return EnvelopeId(document["_id"].partition("/")[0])


def with_values(document: Document) -> Document:
    """Leave out the fields without a value."""
    return {name: value for name, value in document.items() if value is not None}


def system_document(system: System) -> Document:
    """Encode a system; without certificates it has no such field (unique index)."""
    return with_values(
        {
            "_id": system.system_id,
            "name": system.name,
            "certificates": sorted(system.certificates) or None,
            "acts_for": [_acts_for_document(one) for one in system.acts_for],
            "may_channel": system.may_channel,
            "attests_arrival": system.attests_arrival,
        }
    )


def system_record(document: Document) -> System:
    """Decode a system."""
    return System(
        system_id=document["_id"],
        name=document["name"],
        certificates=frozenset(document.get("certificates", ())),
        acts_for=tuple(_acts_for_record(one) for one in document["acts_for"]),
        may_channel=document["may_channel"],
        attests_arrival=document.get("attests_arrival", True),
    )


def delivery_document(envelope: Envelope, recipient: OrganId) -> Document:
    """Encode a delivery as it begins; only of documents the sender keeps track."""
    is_document = envelope.kind is EnvelopeKind.DOCUMENT
    return with_values(
        {
            "_id": key_of(envelope.envelope_id, recipient),
            "envelope": envelope.envelope_id,
            "recipient": recipient,
            "sender": envelope.sender if is_document else None,
            "state": DeliveryState.ACCEPTED.value,
            "urgency": int(envelope.urgency) or None,
        }
    )


def delivery_record(document: Document) -> Delivery:
    """Decode a delivery."""
    status = document.get("status")
    return Delivery(
        envelope_id=document["envelope"],
        recipient=document["recipient"],
        state=DeliveryState(document["state"]),
        log_index=document.get("log_index"),
        status=None if status is None else StatusCode(status),
        lease=DeliveryLease(**document["lease"]) if "lease" in document else None,
        retry=DeliveryRetry(**document.get("retry", {})),
        opened=document.get("opened", False),
        recall=recall_record(document.get("recall")),
        answer=StatusCode(document["answer"]) if "answer" in document else None,
    )


def lease_document(lease: DeliveryLease) -> Document:
    """Encode who has a delivery to itself."""
    return {"owner": lease.owner, "until": lease.until}


def retry_document(retry: DeliveryRetry) -> Document:
    """Encode what is kept of failures."""
    return with_values(
        {
            "failures": retry.failures,
            "first_at": retry.first_at,
            "retry_at": retry.retry_at,
        }
    )


def receipt_document(receipt: StoredReceipt) -> Document:
    """Encode a step receipt."""
    return with_values(
        {
            "_id": key_of(receipt.envelope_id, receipt.key),
            "envelope": receipt.envelope_id,
            "key": receipt.key,
            "step": receipt.step.value,
            "recipient": receipt.recipient,
            "issuer": receipt.issuer,
            "recorded_at": receipt.recorded_at,
            "content": receipt.content,
            "entry": receipt.entry_id,
            "status_envelope": receipt.status_envelope,
        }
    )


def receipt_record(document: Document) -> StoredReceipt:
    """Decode a step receipt."""
    return StoredReceipt(
        envelope_id=document["envelope"],
        key=document["key"],
        step=Step(document["step"]),
        recipient=document.get("recipient"),
        issuer=document["issuer"],
        recorded_at=document["recorded_at"],
        content=document["content"],
        entry_id=document["entry"],
        status_envelope=document.get("status_envelope"),
    )


def pending_document(entry: PendingLogEntry, *, shows: int = 0) -> Document:
    """Encode a log entry that waits for its index, and how much it may make visible."""
    document = {**entry_document(entry), "_id": entry.entry_id, "shows": shows}
    return {**document, "urgency": entry.urgency} if entry.urgency else document


def entry_document(entry: PendingLogEntry) -> Document:
    """Encode what a log entry is before and after it has its index."""
    document: Document = {
        "type": entry.entry_type.value,
        "envelope": entry.envelope_id,
        "leaf": entry.leaf,
        "makes_visible": entry.makes_visible,
    }
    if entry.shown_to:
        document["shown_to"] = list(entry.shown_to)
    return document


def pending_record(document: Document) -> PendingLogEntry:
    """Decode a log entry that waits for its index."""
    return _entry(document, document["_id"])


def leaf_document(leaf: Leaf) -> Document:
    """Encode a sequenced entry with the tree nodes it completes, the leaf first."""
    sequenced = leaf.sequenced
    return {
        **entry_document(sequenced.entry),
        "_id": sequenced.index,
        "entry": sequenced.entry.entry_id,
        "nodes": [node for _, node in leaf.completed],
    }


def sequenced_record(document: Document) -> SequencedLogEntry:
    """Decode a sequenced entry."""
    return SequencedLogEntry(
        index=document["_id"], entry=_entry(document, document["entry"])
    )


def log_state_record(document: Document) -> LogState:
    """Decode size and right edge of the log."""
    return LogState(document["size"], tuple(document["frontier"]))


def audit_document(line: AuditLine) -> Document:
    """Encode a line of the audit trail."""
    return {
        "at": line.at,
        "event": line.event.value,
        "actor": line.actor,
        "subject": line.subject,
        "code": line.code,
        "facts": [list(fact) for fact in line.facts],
    }


def audit_record(document: Document) -> AuditLine:
    """Decode a line of the audit trail."""
    return AuditLine(
        at=document["at"],
        event=AuditEvent(document["event"]),
        actor=document["actor"],
        subject=document["subject"],
        code=document["code"],
        facts=tuple((name, value) for name, value in document["facts"]),
    )


def _entry(document: Document, entry_id: Any) -> PendingLogEntry:
    return PendingLogEntry(
        entry_id=entry_id,
        entry_type=LogEntryType(document["type"]),
        envelope_id=document["envelope"],
        leaf=document["leaf"],
        makes_visible=document["makes_visible"],
        urgency=document.get("urgency", 0),
        shown_to=tuple(document.get("shown_to", ())),
    )


def _acts_for_document(right: ActsFor) -> Document:
    return with_values(
        {
            "agency": right.agency,
            "valid_from": right.valid_from,
            "valid_to": right.valid_to,
        }
    )


def _acts_for_record(document: Document) -> ActsFor:
    return ActsFor(document["agency"], document["valid_from"], document.get("valid_to"))
