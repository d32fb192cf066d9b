"""JSON of what documents are about and tied to (docs/protocol.md, section 4)."""

from collections.abc import Iterable

from exchange.domain.links import Link, Recall, Reference
from exchange.domain.records import Envelope
from exchange.usecases.trace_envelope import Later
from schemas.timestamps import format_utc
from schemas.vocabulary import LinkKind

Json = dict[str, object]


def document(envelope: Envelope, links: Iterable[Link]) -> Json:
    """Write what an envelope is about, and those of its ties that may be shown."""
    matter, shown = envelope.matter, tuple(links)
    due = matter.due_date
    duplicates = (one for one in shown if one.kind is LinkKind.DUPLICATES)
    return {
        "document_id": envelope.document_id,
        "business_type": envelope.business_type.value,
        "due_date": due.isoformat() if due else None,
        "steering": int(matter.steering),
        "paper": matter.paper,
        "application": matter.application,
        "tasks": list(matter.tasks),
        "answers": [_reference(one) for one in matter.answers],
        "links": [_link(one) for one in shown],
        "duplicate_of": next((one.envelope_id for one in duplicates), None),
    }


def later(found: Later) -> Json:
    """Write a later envelope and what it is to this one."""
    envelope = found.envelope
    return {
        "kind": found.link.kind,
        "id": envelope.envelope_id,
        "from": envelope.sender,
        "document_id": envelope.document_id,
        "document_code": envelope.document_code,
        "accepted_at": format_utc(envelope.accepted_at),
    }


def recall(found: Recall | None) -> Json | None:
    """Write that a document is asked back."""
    return {"request": found.request, "answer": found.answer} if found else None


def _link(link: Link) -> Json:
    return {
        "kind": link.kind,
        "id": link.envelope_id,
        "document_id": link.document_id,
    }


def _reference(reference: Reference) -> Json:
    day = reference.promulgated
    return {
        "agency": reference.organ_id,
        "code": reference.code,
        "date": day.isoformat() if day else None,
        "document_id": reference.document_id,
    }
