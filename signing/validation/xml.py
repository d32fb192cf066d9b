"""Verdicts on XML files: messages, receipts, tree heads.

Every function here answers with a verdict, whatever the bytes are; only trust
material that cannot be read is an error, since that is the caller's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import inf
from typing import TypeVar

from pki.names import agency_of, system_of
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import CodedError, ErrorCode
from schemas.evidence import TreeHead, read_tree_head
from schemas.preflight import PreflightAnswer, read_preflight
from schemas.receipt import AcceptanceReceipt, StepReceipt, read_receipt
from schemas.verdict import FileKind, Indication, SubIndication, Verdict
from schemas.vocabulary import TRANSPORT_STEPS
from schemas.xml import Element, parse
from signing.errors import SigningError
from signing.validation.envelope import open_envelope
from signing.validation.findings import Finding
from signing.validation.message import XML, Message, PdfJudge
from signing.validation.xml_signature import (
    JudgedXml,
    XmlJudge,
    file_verdict,
    judges_of,
    refusal,
    refused_file,
)
from signing.xmldsig.verify import VerifiedXml, verify_receipt

__all__ = [
    "OpenedHead",
    "OpenedPreflight",
    "OpenedReceipt",
    "PdfJudge",
    "Receipt",
    "XmlJudge",
    "judge_envelope",
    "judge_preflight",
    "judge_receipt",
    "judge_tree_head",
    "judges_of",
    "open_preflight",
    "open_receipt",
    "open_tree_head",
    "refused_document",
]

Receipt = AcceptanceReceipt | StepReceipt

_Content = TypeVar("_Content")


@dataclass(frozen=True, slots=True)
class OpenedReceipt:
    """A receipt that was judged.

    Args:
        receipt: what was signed; None when the signature does not hold. It may be
            relied on only if the verdict passed.
        signature: the judged signature, None when there is none to judge.
    """

    verdict: Verdict
    receipt: Receipt | None = None
    signature: JudgedXml | None = None


@dataclass(frozen=True, slots=True)
class OpenedHead:
    """A tree head that was judged; `head` as in `OpenedReceipt`."""

    verdict: Verdict
    head: TreeHead | None = None


@dataclass(frozen=True, slots=True)
class OpenedPreflight:
    """An answer before sending that was judged; `answer` as in `OpenedReceipt`."""

    verdict: Verdict
    answer: PreflightAnswer | None = None


def judge_envelope(
    content_type: str | None,
    body: bytes,
    *,
    material: TrustMaterial,
    at: datetime,
    judge_pdf: PdfJudge,
    deadline: float = inf,
) -> Verdict:
    """Judge an edXML document or status with its attachments.

    Args:
        content_type: None for plain XML.
        body: as it was sent.
        material: what is trusted.
        at: the control time.
        judge_pdf: judges one PDF; called for every attachment that is one.
        deadline: when judging has to end, on the monotonic clock.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    trust = TrustStore.from_material(material)
    judge = XmlJudge(trust, at, deadline=deadline)
    bound = partial(judge_pdf, material=material, at=at)
    return open_envelope(Message(content_type or XML, body), judge, bound).verdict


def judge_receipt(data: bytes, *, material: TrustMaterial, at: datetime) -> Verdict:
    """Judge an acceptance receipt or a step receipt.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    return open_receipt(data, XmlJudge(TrustStore.from_material(material), at)).verdict


def judge_tree_head(data: bytes, *, material: TrustMaterial, at: datetime) -> Verdict:
    """Judge a signed tree head.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    judge = XmlJudge(TrustStore.from_material(material), at)
    return open_tree_head(data, judge).verdict


def judge_preflight(data: bytes, *, material: TrustMaterial, at: datetime) -> Verdict:
    """Judge a hub's signed answer to whether a document would be accepted.

    Raises:
        PkiError: a root in `material` is malformed.
    """
    judge = XmlJudge(TrustStore.from_material(material), at)
    return open_preflight(data, judge).verdict


def open_receipt(
    data: bytes, judge: XmlJudge, *, is_vouched: bool = False
) -> OpenedReceipt:
    """Judge a receipt and hand out what was signed.

    Args:
        data: the whole file.
        judge: judges the signature.
        is_vouched: somebody trusted says that the system may act for the recipient.
    """
    try:
        verified, receipt = _signed_content(data, read_receipt)
    except CodedError as error:
        return OpenedReceipt(refused_document(FileKind.RECEIPT, error))
    by_system = system_of(verified.certificate)
    usage = KeyPurpose.ENVELOPE if by_system else KeyPurpose.RECEIPT
    signature = judge.judge(verified, usage)
    if not _may_issue(verified, receipt, is_vouched=is_vouched):
        signature = signature.against(
            Finding(
                Indication.INDETERMINATE,
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                ErrorCode.SIGNER_NOT_OF_SENDER,
                by_system or "",
            )
        )
    return OpenedReceipt(file_verdict(FileKind.RECEIPT, signature), receipt, signature)


def open_preflight(data: bytes, judge: XmlJudge) -> OpenedPreflight:
    """Judge an answer before sending and hand out what was signed."""
    try:
        verified, answer = _signed_content(data, read_preflight)
    except CodedError as error:
        return OpenedPreflight(refused_document(FileKind.PREFLIGHT, error))
    signature = judge.judge(verified, KeyPurpose.RECEIPT)
    return OpenedPreflight(file_verdict(FileKind.PREFLIGHT, signature), answer)


def open_tree_head(data: bytes, judge: XmlJudge) -> OpenedHead:
    """Judge a tree head and hand out what was signed."""
    try:
        verified, head = _signed_content(data, read_tree_head)
    except CodedError as error:
        return OpenedHead(refused_document(FileKind.TREE_HEAD, error))
    signature = judge.judge(verified, KeyPurpose.LOG)
    return OpenedHead(file_verdict(FileKind.TREE_HEAD, signature), head)


def _signed_content(
    data: bytes, read: Callable[[Element], _Content]
) -> tuple[VerifiedXml, _Content]:
    """Verify a document of ours and read what was signed, nothing else."""
    verified = verify_receipt(parse(data))
    return verified, read(verified.content)


def _may_issue(verified: VerifiedXml, receipt: Receipt, *, is_vouched: bool) -> bool:
    """Tell whether the signer is who the receipt says.

    A system signs what it did with a delivery, in its own name, and for its own agency
    unless somebody vouches for more; everything else is for the hub's receipt key.
    """
    system = system_of(verified.certificate)
    if system is None:
        return True
    if isinstance(receipt, AcceptanceReceipt) or receipt.issuer != system:
        return False
    if not _is_of_delivery(receipt):
        return False
    return is_vouched or agency_of(verified.certificate) == receipt.recipient


def _is_of_delivery(receipt: StepReceipt) -> bool:
    """Tell whether a step is one that a recipient's system takes by itself."""
    return (
        receipt.step in TRANSPORT_STEPS.values()
        and receipt.recipient is not None
        and receipt.status_code is None
        and not receipt.findings
    )


def refused_document(kind: FileKind, error: CodedError) -> Verdict:
    """Return the verdict on a document of ours that is not what it should be.

    One without a signature is none of ours: everything a hub writes is signed.
    """
    finding = refusal(error)
    if isinstance(error, SigningError):
        return file_verdict(kind, JudgedXml(None).against(finding))
    return refused_file(kind, finding)
