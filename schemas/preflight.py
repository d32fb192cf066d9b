"""The hub's answer to whether a document would be accepted, as XML without signature.

It promises nothing: what is accepted has an acceptance receipt, another document.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schemas import values
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import OrganId, SystemId
from schemas.strict_xml import (
    Fields,
    add,
    add_fields,
    fields_of,
    fields_of_root,
    new_root,
)
from schemas.timestamps import format_utc, parse_utc
from schemas.vocabulary import EvidenceLevel
from schemas.xml import Element

PREFLIGHT_ID = "preflight-1"
"""The Id the root carries."""

_YES = "yes"


@dataclass(frozen=True, slots=True)
class PreflightReason:
    """Why not, or what the sender should know.

    Args:
        place: which part is meant.
    """

    code: ErrorCode
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightAttachment:
    """One attachment as it was read.

    Args:
        number: 1-based, in manifest order.
        size: bytes of the content.
        content_type: as the sender names it.
    """

    number: int
    name: str
    size: int
    content_type: str
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightRecipient:
    """One agency the document is for.

    Args:
        addressed: as the document names it; members of groups by their own code.
        reached: who would get it; None where nobody would.
        reasons: what is against this recipient alone.
    """

    addressed: OrganId
    reached: OrganId | None = None
    reasons: tuple[ErrorCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightAnswer:
    """What the hub found of a document that it did not take in.

    Args:
        hub_id: who answers; `key_id` names its signing key.
        system_id: who asked.
        body_sha256: digest of the raw body; None where it was not read to its end.
        body_size: bytes that were read.
        sender: None where the document could not be read, as all that follows it.
        kind: two digits (Decree 30/2020 article 7); None where it is none of the 29.
        certificate_sha256: of who signed, where the signature holds.
        delegation_id: by which leave of the sender, where that was needed.
    """

    hub_id: str
    key_id: str
    system_id: SystemId
    at: datetime
    body_sha256: str | None
    body_size: int
    content_type: str
    sender: OrganId | None = None
    kind: str | None = None
    evidence_level: EvidenceLevel | None = None
    certificate_sha256: str | None = None
    delegation_id: str | None = None
    attachments: tuple[PreflightAttachment, ...] = ()
    recipients: tuple[PreflightRecipient, ...] = ()
    reasons: tuple[PreflightReason, ...] = ()
    notices: tuple[PreflightReason, ...] = ()

    @property
    def is_acceptable(self) -> bool:
        """Whether the same bytes would have been accepted then."""
        return not self.reasons


def write_preflight(answer: PreflightAnswer) -> Element:
    """Write an answer.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    root = new_root("PreflightAnswer", identifier=PREFLIGHT_ID)
    add_fields(
        root,
        (
            ("HubId", answer.hub_id),
            ("KeyId", answer.key_id),
            ("SystemId", answer.system_id),
            ("At", format_utc(answer.at)),
            ("BodySha256", answer.body_sha256),
            ("BodySize", str(answer.body_size)),
            ("ContentType", answer.content_type),
            ("Sender", answer.sender),
            ("Kind", answer.kind),
            ("EvidenceLevel", answer.evidence_level),
            ("CertificateSha256", answer.certificate_sha256),
            ("DelegationId", answer.delegation_id),
        ),
    )
    attachments = add(root, "Attachments")
    for attachment in answer.attachments:
        _write_attachment(attachments, attachment)
    recipients = add(root, "Recipients")
    for recipient in answer.recipients:
        _write_recipient(recipients, recipient)
    if answer.is_acceptable:
        add_fields(root, (("Acceptable", _YES),))
    else:
        _write_reasons(add(root, "Refused"), answer.reasons)
    _write_reasons(add(root, "Notices"), answer.notices)
    return root


def read_preflight(root: Element) -> PreflightAnswer:
    """Read an answer, from its verified element without signature.

    Raises:
        SchemaError: a child missing, unknown or out of order, a malformed value, or a
            refusal without a reason.
    """
    with fields_of_root(root, "PreflightAnswer", identifier=PREFLIGHT_ID) as fields:
        return _read(fields)


def _write_attachment(parent: Element, attachment: PreflightAttachment) -> None:
    fields = (
        ("Number", str(attachment.number)),
        ("Name", attachment.name),
        ("Size", str(attachment.size)),
        ("ContentType", attachment.content_type),
        ("ContentSha256", attachment.content_sha256),
    )
    add(parent, "Attachment", fields)


def _write_recipient(parent: Element, recipient: PreflightRecipient) -> None:
    fields = (
        ("Addressed", recipient.addressed),
        ("Reached", recipient.reached),
        *(("Code", str(code)) for code in recipient.reasons),
    )
    add(parent, "Recipient", fields)


def _write_reasons(parent: Element, reasons: Iterable[PreflightReason]) -> None:
    for reason in reasons:
        add(parent, "Reason", (("Code", reason.code), ("Place", reason.place)))


def _read(fields: Fields) -> PreflightAnswer:
    return PreflightAnswer(
        hub_id=fields.text("HubId"),
        key_id=fields.text("KeyId"),
        system_id=fields.take("SystemId", values.caller_id),
        at=fields.take("At", parse_utc),
        body_sha256=fields.take_optional("BodySha256", values.sha256_hex),
        body_size=fields.take("BodySize", values.natural),
        content_type=fields.text("ContentType"),
        sender=fields.take_optional("Sender", values.organ_id),
        kind=fields.take_optional("Kind", values.document_kind),
        evidence_level=fields.take_optional(
            "EvidenceLevel", values.member_of(EvidenceLevel)
        ),
        certificate_sha256=fields.take_optional("CertificateSha256", values.sha256_hex),
        delegation_id=fields.take_optional("DelegationId", values.sha256_hex),
        attachments=_read_attachments(fields.element("Attachments")),
        recipients=_read_recipients(fields.element("Recipients")),
        reasons=_read_result(fields),
        notices=_read_reasons(fields.element("Notices")),
    )


def _read_result(fields: Fields) -> tuple[PreflightReason, ...]:
    refused = fields.optional_element("Refused")
    if refused is None:
        fields.take("Acceptable", _read_yes)
        return ()
    reasons = _read_reasons(refused)
    if not reasons:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="Refused/Reason")
    return reasons


def _read_yes(text: str, place: str) -> None:
    if text != _YES:
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place)


def _read_attachments(element: Element) -> tuple[PreflightAttachment, ...]:
    with fields_of(element) as fields:
        return tuple(_read_attachment(one) for one in fields.elements("Attachment"))


def _read_attachment(element: Element) -> PreflightAttachment:
    with fields_of(element) as fields:
        return PreflightAttachment(
            number=fields.take("Number", values.natural),
            name=fields.text("Name"),
            size=fields.take("Size", values.natural),
            content_type=fields.text("ContentType"),
            content_sha256=fields.take("ContentSha256", values.sha256_hex),
        )


def _read_recipients(element: Element) -> tuple[PreflightRecipient, ...]:
    with fields_of(element) as fields:
        return tuple(_read_recipient(one) for one in fields.elements("Recipient"))


def _read_recipient(element: Element) -> PreflightRecipient:
    with fields_of(element) as fields:
        return PreflightRecipient(
            addressed=fields.take("Addressed", values.organ_id),
            reached=fields.take_optional("Reached", values.organ_id),
            reasons=fields.take_all("Code", values.member_of(ErrorCode)),
        )


def _read_reasons(element: Element) -> tuple[PreflightReason, ...]:
    with fields_of(element) as fields:
        return tuple(_read_reason(one) for one in fields.elements("Reason"))


def _read_reason(element: Element) -> PreflightReason:
    with fields_of(element) as fields:
        return PreflightReason(
            code=fields.take("Code", values.member_of(ErrorCode)),
            place=fields.text("Place"),
        )
