"""Envelopes to documents and back."""

from dataclasses import fields
from typing import Final

from exchange.domain.records import (
    Acceptance,
    Envelope,
    EnvelopeOutline,
    Redirect,
    StoredAttachment,
)
from exchange.storage.mongo.codec import with_values
from exchange.storage.mongo.driver import Document
from exchange.storage.mongo.link_codec import (
    MATTER_OUTLINE,
    link_document,
    link_record,
    matter_fields,
    matter_outline,
    matter_record,
)
from schemas.vocabulary import BusinessType, EnvelopeKind, EvidenceLevel

OUTLINE: Final = (
    *("kind", "sender", "recipients", "redirects"),
    *("evidence_level", "accepted_at", "urgency", "business_type"),
    *MATTER_OUTLINE,
)
"""What is read of an envelope for its outline."""

_ATTACHMENT_FIELDS = tuple(one.name for one in fields(StoredAttachment))


def envelope_document(acceptance: Acceptance) -> Document:
    """Encode an envelope with its body, or the id of the body's chunks."""
    envelope = acceptance.envelope
    chunked = acceptance.body_chunks is not None
    return with_values(
        {
            "_id": envelope.envelope_id,
            "kind": envelope.kind.value,
            "system": envelope.system_id,
            "sender": envelope.sender,
            "recipients": list(envelope.recipients),
            "message_id": envelope.message_id,
            "content_type": envelope.content_type,
            "size": envelope.size,
            "body_sha256": envelope.body_sha256,
            "evidence_level": envelope.evidence_level.value,
            "accepted_at": envelope.accepted_at,
            "attachments": [_attachment(one) for one in envelope.attachments],
            "document_id": envelope.document_id,
            "document_code": envelope.document_code,
            "subject": envelope.subject,
            "urgency": int(envelope.urgency),
            "business_type": envelope.business_type.value,
            "status_of": envelope.status_of,
            **matter_fields(envelope.matter),
            "links": [link_document(one) for one in envelope.links] or None,
            "redirects": [[one.addressed, one.reached] for one in envelope.redirects]
            or None,
            "receipt": envelope.receipt,
            "body": None if chunked else acceptance.body,
            "body_chunks": acceptance.body_chunks,
        }
    )


def envelope_record(document: Document) -> Envelope:
    """Decode an envelope."""
    return Envelope(
        envelope_id=document["_id"],
        kind=EnvelopeKind(document["kind"]),
        system_id=document["system"],
        sender=document["sender"],
        recipients=tuple(document["recipients"]),
        message_id=document["message_id"],
        content_type=document["content_type"],
        size=document["size"],
        body_sha256=document["body_sha256"],
        evidence_level=EvidenceLevel(document["evidence_level"]),
        accepted_at=document["accepted_at"],
        attachments=tuple(StoredAttachment(**one) for one in document["attachments"]),
        document_id=document.get("document_id"),
        document_code=document["document_code"],
        subject=document["subject"],
        urgency=document["urgency"],
        business_type=BusinessType(document["business_type"]),
        status_of=document.get("status_of"),
        matter=matter_record(document),
        links=tuple(map(link_record, document.get("links", ()))),
        redirects=tuple(Redirect(*one) for one in document.get("redirects", ())),
        receipt=document["receipt"],
        purged_at=document.get("purged_at"),
    )


def outline_record(document: Document) -> EnvelopeOutline:
    """Decode what deadlines and counts go by; the fields of `OUTLINE` will do."""
    return EnvelopeOutline(
        envelope_id=document["_id"],
        kind=EnvelopeKind(document["kind"]),
        sender=document["sender"],
        recipients=tuple(document["recipients"]),
        evidence_level=EvidenceLevel(document["evidence_level"]),
        accepted_at=document["accepted_at"],
        urgency=document["urgency"],
        business_type=BusinessType(document["business_type"]),
        matter=matter_outline(document),
        redirects=tuple(Redirect(*one) for one in document.get("redirects", ())),
    )


def _attachment(attachment: StoredAttachment) -> Document:
    return {name: getattr(attachment, name) for name in _ATTACHMENT_FIELDS}
