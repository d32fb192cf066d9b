"""Records of the exchange as tests need them: numbered, otherwise alike."""

import hashlib
from collections.abc import AsyncIterator, Collection
from datetime import timedelta

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import Agency
from exchange.domain.records import (
    Acceptance,
    AuditLine,
    DeliveryLease,
    DeliveryRetry,
    Envelope,
    StatusChange,
    StepRecord,
    StoredAttachment,
    StoredReceipt,
)
from exchange.storage.ports import Storage
from schemas.identifiers import DocumentId, EnvelopeId, MessageId, OrganId, SystemId
from schemas.vocabulary import (
    AuditEvent,
    DeliveryState,
    EnvelopeKind,
    EvidenceLevel,
    Level,
    LogEntryType,
    StatusCode,
    Step,
)
from tests.support.pki import NOW

COMMUNE = OrganId("H99.151.7")
PROVINCE = OrganId("H99")
MINISTRY = OrganId("G22")
SYSTEM = SystemId("commune.example")


def envelope_id(number: int) -> EnvelopeId:
    """Return the ULID with this number; later numbers sort later."""
    return EnvelopeId(f"{number:026d}")


def audit_line(
    number: int = 1, event: AuditEvent = AuditEvent.ENVELOPE_ACCEPTED
) -> AuditLine:
    return AuditLine(
        at=NOW + timedelta(milliseconds=number),
        event=event,
        actor=SYSTEM,
        subject=envelope_id(number),
        facts=(("size", str(number)),),
    )


def agency(code: str, *, name: str = "UBND", code_2016: str | None = None) -> Agency:
    return Agency(
        code=OrganId(code),
        name=name,
        parent=OrganId("H99"),
        level=Level.COMMUNE,
        code_2016=None if code_2016 is None else OrganId(code_2016),
        valid_from=NOW,
    )


def log_entry(
    entry_id: str, number: int, *, makes_visible: bool = False
) -> PendingLogEntry:
    return PendingLogEntry(
        entry_id=entry_id,
        entry_type=LogEntryType.ACCEPTED,
        envelope_id=envelope_id(number),
        leaf=f'{{"entry":"{entry_id}"}}'.encode(),
        makes_visible=makes_visible,
    )


def acceptance(
    number: int = 1,
    *,
    message_id: str | None = None,
    system_id: SystemId = SYSTEM,
    recipients: tuple[OrganId, ...] = (PROVINCE,),
    body: bytes | None = None,
    body_chunks: str | None = None,
    receipts: tuple[StoredReceipt, ...] = (),
    status_change: StatusChange | None = None,
    status_of: EnvelopeId | None = None,
) -> Acceptance:
    """Build an acceptance; with `body_chunks`, `body` lies there and not inline."""
    content = f"body {number}".encode() if body is None else body
    envelope = Envelope(
        envelope_id=envelope_id(number),
        kind=EnvelopeKind.STATUS if status_of else EnvelopeKind.DOCUMENT,
        system_id=system_id,
        sender=COMMUNE,
        recipients=recipients,
        message_id=MessageId(message_id or f"message-{number}"),
        content_type="application/xml",
        size=len(content),
        body_sha256=hashlib.sha256(content).hexdigest(),
        evidence_level=EvidenceLevel.SIGNED,
        accepted_at=NOW + timedelta(milliseconds=number),
        attachments=(_attachment(),),
        document_id=DocumentId("000.00.00.H99,2026/11/21,214"),
        document_code="214/UBND-VHXH",
        subject="Về việc kết nối liên thông",
        urgency=1,
        status_of=status_of,
        receipt=b"<receipt/>",
    )
    return Acceptance(
        envelope=envelope,
        entry=log_entry(f"{number:024d}-0", number),
        audit=audit_line(number),
        body=b"" if body_chunks else content,
        body_chunks=body_chunks,
        receipts=receipts,
        status_change=status_change,
    )


def _attachment() -> StoredAttachment:
    return StoredAttachment(
        number=1,
        content_id="tep-1",
        name="Công văn 214.pdf",
        content_type="application/pdf",
        offset=10,
        length=20,
        decoding="base64",
        zipped=True,
        carried_size=15,
        carried_sha256="a" * 64,
        content_size=12,
        content_sha256="b" * 64,
    )


def receipt(
    number: int, key: str, *, entry_id: str | None = None, content: bytes = b"<step/>"
) -> StoredReceipt:
    return StoredReceipt(
        envelope_id=envelope_id(number),
        key=key,
        step=Step.DELIVERED,
        recipient=PROVINCE,
        issuer="hub",
        recorded_at=NOW + timedelta(milliseconds=number),
        content=content,
        entry_id=entry_id or f"{number:024d}-{key}",
    )


def step(
    number: int,
    key: str = "delivered",
    *,
    recipients: tuple[OrganId, ...] = (PROVINCE,),
    before: Collection[DeliveryState] = (DeliveryState.ACCEPTED,),
    after: DeliveryState | None = DeliveryState.AVAILABLE,
    makes_visible: bool = True,
    content: bytes = b"<step/>",
    retry: DeliveryRetry | None = None,
    lease: DeliveryLease | None = None,
) -> StepRecord:
    recorded = receipt(number, key, content=content)
    return StepRecord(
        receipt=recorded,
        entry=log_entry(recorded.entry_id, number, makes_visible=makes_visible),
        audit=audit_line(number, AuditEvent.STEP_RECORDED),
        recipients=recipients,
        before=frozenset(before),
        after=after,
        retry=retry,
        lease=lease,
    )


def status_change(
    number: int,
    after: StatusCode,
    *,
    before: StatusCode | None = None,
    recipient: OrganId = PROVINCE,
) -> StatusChange:
    return StatusChange(
        envelope_id=envelope_id(number),
        recipient=recipient,
        before=before,
        after=after,
    )


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def deliver(storage: Storage, number: int) -> None:
    """Accept an envelope and make it available; not sequenced yet."""
    await storage.envelopes.accept(acceptance(number))
    await storage.envelopes.record_step(step(number))
