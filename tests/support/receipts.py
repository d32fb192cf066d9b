"""Receipts and evidence records with every part filled in."""

from datetime import UTC, datetime

from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.preflight import (
    PreflightAnswer,
    PreflightAttachment,
    PreflightReason,
    PreflightRecipient,
)
from schemas.receipt import (
    AcceptanceReceipt,
    Finding,
    ReceiptAttachment,
    Redirection,
    SignatureJudgement,
    StepReceipt,
    acceptance_record,
    step_record,
)
from schemas.verdict import Indication, SubIndication
from schemas.vocabulary import (
    AgencyChange,
    EnvelopeKind,
    EvidenceLevel,
    Reach,
    RedirectReason,
    StatusCode,
    Step,
)
from schemas.xml import Element, parse_canonical

AT = datetime(2026, 11, 21, 2, 0, 0, 123000, tzinfo=UTC)
ENVELOPE = EnvelopeId("01JD6Q3V5W8X9YZ0ABCDEFGHJK")
STATUS_ENVELOPE = EnvelopeId("01JD6Q3V5W8X9YZ0ABCDEFGHJM")


def preflight() -> PreflightAnswer:
    """An answer before sending, with every optional part."""
    return PreflightAnswer(
        hub_id="hub-1",
        key_id="receipt-2026",
        system_id=SystemId("qlvb.h99-151"),
        at=AT,
        body_sha256="0a" * 32,
        body_size=123_456,
        content_type="application/xml",
        sender=OrganId("H99.151"),
        kind="22",
        evidence_level=EvidenceLevel.SIGNED,
        certificate_sha256="3a" * 32,
        delegation_id="4a" * 32,
        attachments=(
            PreflightAttachment(
                number=1,
                name="Quyết định 12.pdf",
                size=1000,
                content_type="application/pdf",
                content_sha256="2a" * 32,
            ),
        ),
        recipients=(
            PreflightRecipient(addressed=OrganId("H99"), reached=OrganId("H99")),
            PreflightRecipient(
                addressed=OrganId("X77"), reasons=(ErrorCode.RECIPIENT_UNKNOWN,)
            ),
        ),
        reasons=(PreflightReason(ErrorCode.RECIPIENT_UNKNOWN, "X77"),),
        notices=(PreflightReason(ErrorCode.DOCUMENT_DUPLICATE, ENVELOPE),),
    )


def acceptance() -> AcceptanceReceipt:
    """An acceptance receipt with every optional part."""
    return AcceptanceReceipt(
        hub_id="hub-1",
        log_id="log-1",
        key_id="receipt-2026",
        envelope_id=ENVELOPE,
        kind=EnvelopeKind.DOCUMENT,
        message_id=MessageId("sha256-0001"),
        body_sha256="0a" * 32,
        body_size=123_456,
        content_type='multipart/related; type="application/xml"; boundary="b"',
        attachments=(
            ReceiptAttachment(
                number=1,
                name="Quyết định 12.pdf",
                size=1000,
                carried_sha256="1a" * 32,
                content_sha256="2a" * 32,
            ),
        ),
        system_id=SystemId("qlvb.h99-151"),
        sender=OrganId("H99.151"),
        recipients=(OrganId("H99"), OrganId("G12")),
        directory_version=3,
        signature_verdict=SignatureJudgement(
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.TRY_LATER,
            certificate_sha256="3a" * 32,
        ),
        evidence_level=EvidenceLevel.SIGNED,
        accepted_at=AT,
        log_entry_digest="4a" * 32,
    )


def step() -> StepReceipt:
    """A step receipt with every optional part."""
    return StepReceipt(
        envelope_id=ENVELOPE,
        body_sha256="0a" * 32,
        step=Step.REFUSED,
        recipient=OrganId("H99"),
        issuer="hub-1",
        at=AT,
        status_code=StatusCode.REFUSED,
        description="Thiếu phụ lục",
        status_envelope_id=STATUS_ENVELOPE,
        status_body_sha256="5a" * 32,
        request_envelope_id=STATUS_ENVELOPE,
        request_body_sha256="6a" * 32,
        reach=Reach.ACTED,
        findings=(
            Finding(
                attachment=1,
                name="Quyết định 12.pdf",
                indication=Indication.TOTAL_FAILED,
                sub_indication=SubIndication.HASH_FAILURE,
                reasons=(
                    ErrorCode.DOCUMENT_DIGEST_MISMATCH,
                    ErrorCode.TRAILING_BYTES,
                ),
            ),
        ),
        redirections=(
            Redirection(
                addressed=OrganId("H99.149"),
                successor=OrganId("H99.150"),
                reason=RedirectReason.CLOSED,
                change=AgencyChange.MERGE,
                effective=AT,
                event_id=str(STATUS_ENVELOPE),
                event_digest="6a" * 32,
                log_index=7,
            ),
            Redirection(
                addressed=OrganId("H99.150"),
                successor=OrganId("H99"),
                reason=RedirectReason.NOT_CONNECTED,
            ),
        ),
    )


def write_acceptance(receipt: AcceptanceReceipt) -> Element:
    """Write an acceptance receipt as an element, to be changed before it is signed."""
    return parse_canonical(acceptance_record(receipt).octets)


def write_step(receipt: StepReceipt) -> Element:
    """Write a step receipt as an element, to be changed before it is signed."""
    return parse_canonical(step_record(receipt).octets)
