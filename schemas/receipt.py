"""Receipts: what the hub and the systems attest, as XML without its signature.

`signing.xmldsig` signs the record; readers are given the verified element with the
signature taken out, so a signature here is content that does not belong.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas import canonical, values
from schemas.canonical import Record
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.strict_xml import Fields, fields_of, fields_of_root
from schemas.timestamps import format_utc, parse_utc
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
from schemas.xml import Element, local_name

RECEIPT_ID = "receipt-1"
"""The Id every receipt's root carries."""

_INDICATION = values.member_of(Indication)
_SUB_INDICATION = values.member_of(SubIndication)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptAttachment:
    """One attachment as the hub stored it.

    Args:
        number: 1-based, in manifest order.
        size: bytes of the content.
        carried_sha256: digest after base64 and before unzip; what the sender signs.
        content_sha256: digest of the content.
    """

    number: int
    name: str
    size: int
    carried_sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureJudgement:
    """What the hub found about the sender's signature at intake."""

    indication: Indication
    sub_indication: SubIndication | None = None
    certificate_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceReceipt:
    """The hub's word that it holds an envelope and will log it.

    Args:
        hub_id: who accepts; `log_id` and `key_id` name its log and its signing key.
        body_sha256: digest of the raw body, which `content_type` explains.
        recipients: the agencies addressed, expanded under `directory_version`.
        signature_verdict: None when the sender is proved by its channel alone.
        log_entry_digest: leaf hash (lower hex) of the entry promised to the log.
    """

    hub_id: str
    log_id: str
    key_id: str
    envelope_id: EnvelopeId
    kind: EnvelopeKind
    message_id: MessageId
    body_sha256: str
    body_size: int
    content_type: str
    attachments: tuple[ReceiptAttachment, ...] = ()
    system_id: SystemId
    sender: OrganId
    recipients: tuple[OrganId, ...]
    directory_version: int
    signature_verdict: SignatureJudgement | None
    evidence_level: EvidenceLevel
    accepted_at: datetime
    log_entry_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found in one attachment that was judged."""

    attachment: int
    name: str
    indication: Indication
    sub_indication: SubIndication | None = None
    reasons: tuple[ErrorCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirection:
    """Why what was addressed to one agency is delivered to another one.

    A chain of successors is one of these for each link, in order.

    Args:
        addressed: whom the envelope names, or the link before led to.
        successor: where it goes instead.
        change: what closed `addressed`; None where the directory was imported so, or
            where it is open but not connected.
        effective: since when; None where it is not connected.
        event_id: the change in the directory's history, where there is one;
            `event_digest` is the leaf hash of its entry in the log, `log_index` its
            index, if it had one by then.
    """

    addressed: OrganId
    successor: OrganId
    reason: RedirectReason
    change: AgencyChange | None = None
    effective: datetime | None = None
    event_id: str | None = None
    event_digest: str | None = None
    log_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReceipt:
    """Somebody's word that an envelope reached a step.

    Args:
        recipient: the delivery concerned; None means all of them.
        issuer: who signs: the hub's id or a system's.
        status_envelope_id: the status envelope that took the step, if one did;
            `status_body_sha256` is the digest of its raw body.
        redirections: for the step `redirected`, each link that was followed.
    """

    envelope_id: EnvelopeId
    body_sha256: str
    step: Step
    recipient: OrganId | None = None
    issuer: str
    at: datetime
    status_code: StatusCode | None = None
    description: str = ""
    status_envelope_id: EnvelopeId | None = None
    status_body_sha256: str | None = None
    request_envelope_id: EnvelopeId | None = None
    request_body_sha256: str | None = None
    reach: Reach | None = None
    findings: tuple[Finding, ...] = ()
    redirections: tuple[Redirection, ...] = ()


def acceptance_record(receipt: AcceptanceReceipt) -> Record:
    """Write an acceptance receipt.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    judgement = receipt.signature_verdict
    return canonical.record(
        "AcceptanceReceipt",
        canonical.fields(
            (
                ("HubId", receipt.hub_id),
                ("LogId", receipt.log_id),
                ("KeyId", receipt.key_id),
                ("EnvelopeId", receipt.envelope_id),
                ("Kind", receipt.kind),
                ("MessageId", receipt.message_id),
                ("BodySha256", receipt.body_sha256),
                ("BodySize", str(receipt.body_size)),
                ("ContentType", receipt.content_type),
            )
        ),
        canonical.element("Attachments", *map(_attachment, receipt.attachments)),
        canonical.fields((("SystemId", receipt.system_id), ("Sender", receipt.sender))),
        canonical.element(
            "Recipients",
            canonical.fields(("Recipient", one) for one in receipt.recipients),
        ),
        canonical.fields((("DirectoryVersion", str(receipt.directory_version)),)),
        _judgement(judgement) if judgement else "",
        canonical.fields(
            (
                ("EvidenceLevel", receipt.evidence_level),
                ("AcceptedAt", format_utc(receipt.accepted_at)),
                ("LogEntryDigest", receipt.log_entry_digest),
            )
        ),
        identifier=RECEIPT_ID,
    )


def step_record(receipt: StepReceipt) -> Record:
    """Write a step receipt.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    redirections = map(_redirection, receipt.redirections)
    return canonical.record(
        "StepReceipt",
        canonical.fields(
            (
                ("EnvelopeId", receipt.envelope_id),
                ("BodySha256", receipt.body_sha256),
                ("Step", receipt.step),
                ("Recipient", receipt.recipient),
                ("Issuer", receipt.issuer),
                ("At", format_utc(receipt.at)),
                ("StatusCode", receipt.status_code),
                ("Description", receipt.description),
                ("StatusEnvelopeId", receipt.status_envelope_id),
                ("StatusBodySha256", receipt.status_body_sha256),
                ("RequestEnvelopeId", receipt.request_envelope_id),
                ("RequestBodySha256", receipt.request_body_sha256),
                ("Reach", receipt.reach),
            )
        ),
        canonical.element("Findings", *map(_finding, receipt.findings)),
        canonical.element("Redirections", *redirections)
        if receipt.redirections
        else "",
        identifier=RECEIPT_ID,
    )


def read_receipt(root: Element) -> AcceptanceReceipt | StepReceipt:
    """Read either kind of receipt, from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value.
    """
    if local_name(root) == "AcceptanceReceipt":
        with fields_of_root(root, "AcceptanceReceipt", identifier=RECEIPT_ID) as fields:
            return _read_acceptance(fields)
    with fields_of_root(root, "StepReceipt", identifier=RECEIPT_ID) as fields:
        return _read_step(fields)


def _attachment(attachment: ReceiptAttachment) -> str:
    named = (
        ("Number", str(attachment.number)),
        ("Name", attachment.name),
        ("Size", str(attachment.size)),
        ("CarriedSha256", attachment.carried_sha256),
        ("ContentSha256", attachment.content_sha256),
    )
    return canonical.element("Attachment", canonical.fields(named))


def _judgement(judgement: SignatureJudgement) -> str:
    named = (
        ("Indication", judgement.indication),
        ("SubIndication", judgement.sub_indication),
        ("CertificateSha256", judgement.certificate_sha256),
    )
    return canonical.element("SignatureVerdict", canonical.fields(named))


def _finding(finding: Finding) -> str:
    named = (
        ("Attachment", str(finding.attachment)),
        ("Name", finding.name),
        ("Indication", finding.indication),
        ("SubIndication", finding.sub_indication),
        *(("Reason", str(code)) for code in finding.reasons),
    )
    return canonical.element("Finding", canonical.fields(named))


def _redirection(one: Redirection) -> str:
    named = (
        ("Addressed", one.addressed),
        ("Successor", one.successor),
        ("Reason", one.reason),
        ("Change", one.change),
        ("Effective", format_utc(one.effective) if one.effective else None),
        ("EventId", one.event_id),
        ("EventDigest", one.event_digest),
        ("LogIndex", None if one.log_index is None else str(one.log_index)),
    )
    return canonical.element("Redirection", canonical.fields(named))


def _read_acceptance(fields: Fields) -> AcceptanceReceipt:
    return AcceptanceReceipt(
        hub_id=fields.text("HubId"),
        log_id=fields.text("LogId"),
        key_id=fields.text("KeyId"),
        envelope_id=fields.take("EnvelopeId", values.envelope_id),
        kind=fields.take("Kind", values.member_of(EnvelopeKind)),
        message_id=fields.take("MessageId", values.message_id),
        body_sha256=fields.take("BodySha256", values.sha256_hex),
        body_size=fields.take("BodySize", values.natural),
        content_type=fields.text("ContentType"),
        attachments=_read_attachments(fields.element("Attachments")),
        system_id=fields.take("SystemId", values.caller_id),
        sender=fields.take("Sender", values.organ_id),
        recipients=_read_recipients(fields.element("Recipients")),
        directory_version=fields.take("DirectoryVersion", values.natural),
        signature_verdict=_read_judgement(fields.optional_element("SignatureVerdict")),
        evidence_level=fields.take("EvidenceLevel", values.member_of(EvidenceLevel)),
        accepted_at=fields.take("AcceptedAt", parse_utc),
        log_entry_digest=fields.take("LogEntryDigest", values.sha256_hex),
    )


def _read_attachments(element: Element) -> tuple[ReceiptAttachment, ...]:
    with fields_of(element) as fields:
        return tuple(_read_attachment(one) for one in fields.elements("Attachment"))


def _read_attachment(element: Element) -> ReceiptAttachment:
    with fields_of(element) as fields:
        return ReceiptAttachment(
            number=fields.take("Number", values.natural),
            name=fields.text("Name"),
            size=fields.take("Size", values.natural),
            carried_sha256=fields.take("CarriedSha256", values.sha256_hex),
            content_sha256=fields.take("ContentSha256", values.sha256_hex),
        )


def _read_recipients(element: Element) -> tuple[OrganId, ...]:
    with fields_of(element) as fields:
        return fields.take_all("Recipient", values.organ_id)


def _read_judgement(element: Element | None) -> SignatureJudgement | None:
    if element is None:
        return None
    with fields_of(element) as fields:
        return SignatureJudgement(
            indication=fields.take("Indication", _INDICATION),
            sub_indication=fields.take_optional("SubIndication", _SUB_INDICATION),
            certificate_sha256=fields.take_optional(
                "CertificateSha256", values.sha256_hex
            ),
        )


def _read_step(fields: Fields) -> StepReceipt:
    return StepReceipt(
        envelope_id=fields.take("EnvelopeId", values.envelope_id),
        body_sha256=fields.take("BodySha256", values.sha256_hex),
        step=fields.take("Step", values.member_of(Step)),
        recipient=fields.take_optional("Recipient", values.organ_id),
        issuer=fields.text("Issuer"),
        at=fields.take("At", parse_utc),
        status_code=fields.take_optional("StatusCode", values.member_of(StatusCode)),
        description=fields.text("Description"),
        status_envelope_id=fields.take_optional("StatusEnvelopeId", values.envelope_id),
        status_body_sha256=fields.take_optional("StatusBodySha256", values.sha256_hex),
        request_envelope_id=fields.take_optional(
            "RequestEnvelopeId", values.envelope_id
        ),
        request_body_sha256=fields.take_optional(
            "RequestBodySha256", values.sha256_hex
        ),
        reach=fields.take_optional("Reach", values.member_of(Reach)),
        findings=_read_findings(fields.element("Findings")),
        redirections=_read_redirections(fields.optional_element("Redirections")),
    )


def _read_redirections(element: Element | None) -> tuple[Redirection, ...]:
    if element is None:
        return ()
    with fields_of(element) as fields:
        return tuple(_read_redirection(one) for one in fields.elements("Redirection"))


def _read_redirection(element: Element) -> Redirection:
    with fields_of(element) as fields:
        return Redirection(
            addressed=fields.take("Addressed", values.organ_id),
            successor=fields.take("Successor", values.organ_id),
            reason=fields.take("Reason", values.member_of(RedirectReason)),
            change=fields.take_optional("Change", values.member_of(AgencyChange)),
            effective=fields.take_optional("Effective", parse_utc),
            event_id=fields.take_optional("EventId", values.envelope_id),
            event_digest=fields.take_optional("EventDigest", values.sha256_hex),
            log_index=fields.take_optional("LogIndex", values.natural),
        )


def _read_findings(element: Element) -> tuple[Finding, ...]:
    with fields_of(element) as fields:
        return tuple(_read_finding(one) for one in fields.elements("Finding"))


def _read_finding(element: Element) -> Finding:
    with fields_of(element) as fields:
        return Finding(
            attachment=fields.take("Attachment", values.natural),
            name=fields.text("Name"),
            indication=fields.take("Indication", _INDICATION),
            sub_indication=fields.take_optional("SubIndication", _SUB_INDICATION),
            reasons=fields.take_all("Reason", values.member_of(ErrorCode)),
        )
