"""What documents are about and tied to: to fields of their envelopes, and back."""

from datetime import date
from typing import Final

from exchange.domain.links import Link, Matter, Recall, Reference
from exchange.storage.mongo.driver import Document
from schemas.vocabulary import LinkKind, StatusCode, Steering

MATTER_OUTLINE: Final = ("promulgated", "due_date", "paper", "application", "tasks")
"""What deadlines and counts go by."""


def matter_fields(matter: Matter) -> Document:
    """Encode what a document is sorted by; without a value, a field is None."""
    promulgated = matter.promulgated
    return {
        "type_name": matter.type_name or None,
        "signer": matter.signer or None,
        "year": promulgated.year if promulgated else None,
        "promulgated": _day(promulgated),
        "due_date": _day(matter.due_date),
        "steering": int(matter.steering) or None,
        "paper": matter.paper,
        "application": matter.application or None,
        "tasks": list(matter.tasks) or None,
        "answers": [_reference_document(one) for one in matter.answers] or None,
    }


def matter_record(document: Document) -> Matter:
    """Decode what a document is sorted by; older envelopes have nothing of it."""
    return Matter(
        type_name=document.get("type_name", ""),
        signer=document.get("signer", ""),
        promulgated=_read_day(document.get("promulgated")),
        due_date=_read_day(document.get("due_date")),
        steering=Steering(document.get("steering", 0)),
        paper=document.get("paper"),
        application=document.get("application", ""),
        tasks=tuple(document.get("tasks", ())),
        answers=tuple(map(_reference_record, document.get("answers", ()))),
    )


def matter_outline(document: Document) -> Matter:
    """Decode what `MATTER_OUTLINE` names; the rest is as if it had no value."""
    return Matter(
        promulgated=_read_day(document.get("promulgated")),
        due_date=_read_day(document.get("due_date")),
        paper=document.get("paper"),
        application=document.get("application", ""),
        tasks=tuple(document.get("tasks", ())),
    )


def link_document(link: Link) -> Document:
    """Encode a tie to an earlier envelope."""
    return {
        "kind": link.kind.value,
        "envelope": link.envelope_id,
        "document_id": link.document_id,
        "recipients": None if link.recipients is None else list(link.recipients),
    }


def link_record(document: Document) -> Link:
    """Decode a tie to an earlier envelope."""
    recipients = document["recipients"]
    return Link(
        kind=LinkKind(document["kind"]),
        envelope_id=document["envelope"],
        document_id=document["document_id"],
        recipients=None if recipients is None else tuple(recipients),
    )


def recall_document(recall: Recall | None) -> Document | None:
    """Encode that a document is asked back."""
    if recall is None:
        return None
    answer = recall.answer.value if recall.answer else None
    return {"request": recall.request, "answer": answer}


def recall_record(document: Document | None) -> Recall | None:
    """Decode that a document is asked back."""
    if document is None:
        return None
    answer = document["answer"]
    return Recall(document["request"], StatusCode(answer) if answer else None)


def _reference_document(reference: Reference) -> Document:
    return {
        "organ": reference.organ_id,
        "code": reference.code,
        "promulgated": _day(reference.promulgated),
        "document_id": reference.document_id,
    }


def _reference_record(document: Document) -> Reference:
    return Reference(
        organ_id=document["organ"],
        code=document["code"],
        promulgated=_read_day(document["promulgated"]),
        document_id=document["document_id"],
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _read_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
