"""The JSON forms of the contract (docs/protocol.md)."""

from datetime import datetime

from exchange.domain.decisions import Refuse
from exchange.domain.records import InboxItem, StoredReceipt
from exchange.http import wire_documents
from exchange.usecases.preflight_envelope import Preflight, Seen
from exchange.usecases.read_inbox import InboxPage
from exchange.usecases.read_outbox import DeliveryPage
from exchange.usecases.trace_envelope import Trace
from schemas.receipt import StepReceipt
from schemas.render import reason_to_json
from schemas.timestamps import format_utc
from schemas.verdict import Reason

Json = dict[str, object]


def inbox_page(page: InboxPage) -> Json:
    """Write a page of an inbox."""
    return {"items": [inbox_item(one) for one in page.items], "next": page.cursor}


def delivery_page(page: DeliveryPage) -> Json:
    """Write a page of deliveries."""
    return {"items": [_delivery(one) for one in page.items], "next": page.after}


def step(receipt: StoredReceipt) -> Json:
    """Write that a step is on record."""
    return {
        "step": receipt.step,
        "agency": receipt.recipient,
        "issuer": receipt.issuer,
        "at": format_utc(receipt.recorded_at),
        "status_envelope": receipt.status_envelope,
    }


def preflight(found: Preflight) -> Json:
    """Write what preflight found."""
    return {
        "acceptable": found.acceptable,
        "reasons": [_refusal(one) for one in found.refusals],
        "notices": [_refusal(one) for one in found.notices],
        "size": found.size,
        "body_sha256": found.body_sha256,
        "document": _seen(found.seen) if found.seen else None,
    }


def _seen(seen: Seen) -> Json:
    return {
        "from": seen.sender,
        "kind": seen.kind or None,
        "evidence_level": seen.evidence_level,
        "certificate_sha256": seen.certificate_sha256,
        "delegation": seen.delegation_id,
        "attachments": [
            {
                "number": one.number,
                "name": one.name,
                "size": one.size,
                "content_type": one.content_type,
                "sha256": one.content_sha256,
            }
            for one in seen.attachments
        ],
        "recipients": [
            {
                "agency": one.addressed,
                "reached": one.reached,
                "acceptable": not one.reasons,
                "reasons": list(one.reasons),
            }
            for one in seen.recipients
        ],
    }


def trace(found: Trace) -> Json:
    """Write where an envelope is."""
    envelope = found.envelope
    return {
        "id": envelope.envelope_id,
        "kind": envelope.kind,
        "message_id": envelope.message_id,
        "from": envelope.sender,
        "to": list(envelope.recipients),
        "redirected": {one.addressed: one.reached for one in envelope.redirects},
        "status_of": envelope.status_of,
        "accepted_at": format_utc(envelope.accepted_at),
        "evidence_level": envelope.evidence_level,
        "document_code": envelope.document_code,
        **wire_documents.document(envelope, found.links),
        "later": [wire_documents.later(one) for one in found.later],
        "deliveries": [
            {
                "agency": one.recipient,
                "state": one.state,
                "status": one.status,
                "cursor": one.log_index,
                "opened": one.opened,
                "recall": wire_documents.recall(one.recall),
                "answer": one.answer,
            }
            for one in found.deliveries
        ],
        "steps": [
            {**step(one), **_stated(found.stated.get(one.key))}
            for one in found.receipts
        ],
    }


def _stated(receipt: StepReceipt | None) -> Json:
    """Write why a delivery was stopped; attachments by number, names are content."""
    return {
        "description": receipt.description if receipt else "",
        "findings": [
            {
                "attachment": one.attachment,
                "indication": one.indication,
                "sub_indication": one.sub_indication,
                "reasons": [reason_to_json(Reason(code)) for code in one.reasons],
            }
            for one in (receipt.findings if receipt else ())
        ],
    }


def inbox_item(item: InboxItem) -> Json:
    """Write one item of an inbox."""
    envelope, lease = item.envelope, item.delivery.lease
    links = envelope.links_shown_to({item.delivery.recipient})
    return {
        "cursor": item.delivery.log_index,
        "agency": item.delivery.recipient,
        "id": envelope.envelope_id,
        "kind": envelope.kind,
        "from": envelope.sender,
        "message_id": envelope.message_id,
        "subject": envelope.subject,
        "document_code": envelope.document_code,
        "status_of": envelope.status_of,
        "accepted_at": format_utc(envelope.accepted_at),
        "state": item.delivery.state,
        "leased_until": _time(lease.until if lease else None),
        "evidence_level": envelope.evidence_level,
        "urgency": int(envelope.urgency),
        "size": envelope.size,
        "attachments": len(envelope.attachments),
        "recall": wire_documents.recall(item.delivery.recall),
        **wire_documents.document(envelope, links),
        "meant_for": list(envelope.meant_for(item.delivery.recipient)),
    }


def _delivery(item: InboxItem) -> Json:
    envelope, delivery = item.envelope, item.delivery
    lease, retry = delivery.lease, delivery.retry
    return {
        "id": envelope.envelope_id,
        "from": envelope.sender,
        "agency": delivery.recipient,
        "message_id": envelope.message_id,
        "document_code": envelope.document_code,
        "accepted_at": format_utc(envelope.accepted_at),
        "urgency": int(envelope.urgency),
        "state": delivery.state,
        "status": delivery.status,
        "failures": retry.failures,
        "retry_at": _time(retry.retry_at),
        "leased_until": _time(lease.until if lease else None),
    }


def _refusal(refusal: Refuse) -> Json:
    return {
        **reason_to_json(Reason(refusal.code, refusal.place)),
        "place": refusal.place,
    }


def _time(moment: datetime | None) -> str | None:
    return format_utc(moment) if moment else None
