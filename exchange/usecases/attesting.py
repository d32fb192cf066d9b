"""What the hub attests: receipts it signs, and their entries in the log."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import Envelope, StoredAttachment, StoredReceipt
from exchange.domain.steps import receipt_key
from exchange.services import Hub
from schemas.evidence import SALT_BYTES, LogEntry, salted_digest
from schemas.identifiers import EnvelopeId
from schemas.receipt import (
    AcceptanceReceipt,
    ReceiptAttachment,
    SignatureJudgement,
    StepReceipt,
    acceptance_record,
    step_record,
)
from schemas.vocabulary import LogEntryType
from signing.xmldsig.sign import sign_record


def log_entry(
    entry_type: LogEntryType, *, at: datetime, actor: str, subject: str, data: bytes
) -> LogEntry:
    """Make the log entry that attests `data` under a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    return LogEntry(
        type=entry_type,
        at=at,
        actor=actor,
        subject=subject,
        digest=salted_digest(salt, data),
        salt=salt,
    )


def pending(
    entry: LogEntry, *, entry_id: str, makes_visible: bool = False, urgency: int = 0
) -> PendingLogEntry:
    """Make the stored form of an entry that waits for its index."""
    return PendingLogEntry(
        entry_id=entry_id,
        entry_type=entry.type,
        envelope_id=EnvelopeId(entry.subject),
        leaf=entry.canonical(),
        makes_visible=makes_visible,
        urgency=urgency,
    )


def acceptance_receipt(
    hub: Hub,
    envelope: Envelope,
    *,
    directory_version: int,
    signature: SignatureJudgement | None,
    entry: LogEntry,
) -> bytes:
    """Build and sign the acceptance receipt; done once for each envelope."""
    receipt = AcceptanceReceipt(
        hub_id=hub.hub_id,
        log_id=hub.log_id,
        key_id=hub.key_id,
        envelope_id=envelope.envelope_id,
        kind=envelope.kind,
        message_id=envelope.message_id,
        body_sha256=envelope.body_sha256,
        body_size=envelope.size,
        content_type=envelope.content_type,
        attachments=tuple(_receipt_attachments(envelope.attachments)),
        system_id=envelope.system_id,
        sender=envelope.sender,
        recipients=envelope.recipients,
        directory_version=directory_version,
        signature_verdict=signature,
        evidence_level=envelope.evidence_level,
        accepted_at=envelope.accepted_at,
        log_entry_digest=entry.leaf_hash().hex(),
    )
    return sign_record(
        acceptance_record(receipt), signatory=hub.attester, at=envelope.accepted_at
    )


def hub_step(hub: Hub, receipt: StepReceipt) -> bytes:
    """Sign a step receipt of the hub."""
    return sign_record(step_record(receipt), signatory=hub.attester, at=receipt.at)


def stored_step(
    receipt: StepReceipt,
    content: bytes,
    *,
    recorded_at: datetime,
    entry_id: str,
    key: str = "",
) -> StoredReceipt:
    """Make the stored form of a signed step receipt.

    Args:
        receipt: what was signed.
        content: as it was signed.
        recorded_at: when it is recorded.
        entry_id: its log entry.
        key: where the step may be taken more than once, the key of this time.
    """
    return StoredReceipt(
        envelope_id=receipt.envelope_id,
        key=key or receipt_key(receipt.step, receipt.recipient),
        step=receipt.step,
        recipient=receipt.recipient,
        issuer=receipt.issuer,
        recorded_at=recorded_at,
        content=content,
        entry_id=entry_id,
        status_envelope=receipt.status_envelope_id,
    )


def _receipt_attachments(
    attachments: Iterable[StoredAttachment],
) -> Iterable[ReceiptAttachment]:
    return (
        ReceiptAttachment(
            number=one.number,
            name=one.name,
            size=one.content_size,
            carried_sha256=one.carried_sha256,
            content_sha256=one.content_sha256,
        )
        for one in attachments
    )
