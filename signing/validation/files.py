"""Any file judged by its content: kinds are told apart here, never by name."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from pki.trust import TrustMaterial
from schemas.errors import CodedError, ErrorCode
from schemas.pdf_file import PDF_HEADER, has_pdf_header
from schemas.verdict import FileKind, Verdict
from signing.validation.bundle import judge_bundle
from signing.validation.ceremony import judge_ceremony
from signing.validation.findings import format_failure, not_checked
from signing.validation.message import PdfJudge
from signing.validation.saved import looks_saved, saved_message
from signing.validation.xml import (
    judge_envelope,
    judge_preflight,
    judge_receipt,
    judge_tree_head,
)
from signing.validation.xml_signature import refusal, refused_file

_ZIP_START, _ZIP_END, _ZIP_END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:[^\s<>:/]{1,64}:)?([A-Za-z]{1,64})[\s/>]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one file.

    Args:
        material: what is trusted, and the revocation lists at hand; nothing is fetched.
        at: the control time; None means `now`, or the time of a bundle's manifest.
        now: the time.
        judge_pdf: judges the PDF files.
        deadline: when judging has to end, on the monotonic clock.
    """

    material: TrustMaterial
    at: datetime | None
    now: datetime
    judge_pdf: PdfJudge
    deadline: float = inf

    @property
    def control_time(self) -> datetime:
        """As of when certificates are judged."""
        return self.at or self.now


def judge_file(data: bytes, question: Question) -> Verdict:
    """Judge a PDF, an edXML message, a receipt, a tree head, a transcript or a bundle.

    A message may be saved with its MIME header.

    Raises:
        PkiError: a root in the material is malformed.
    """
    judged = _with_signature_reasons(_judged(data, question))
    return replace(judged, policy=question.material.applied_policy.applied)


def unread_file(data: bytes, error: CodedError) -> Verdict:
    """Return the verdict on a file that could not be judged to an end."""
    kind = FileKind.PDF if has_pdf_header(data) else FileKind.UNKNOWN
    return refused_file(kind, not_checked(error.code, error.place))


def _judged(data: bytes, question: Question) -> Verdict:
    if not data:
        return refused_file(
            FileKind.UNKNOWN, format_failure(ErrorCode.FILE_EMPTY, "file")
        )
    if _is_archive(data):
        return judge_bundle(
            data,
            material=question.material,
            at=question.at,
            judge_pdf=question.judge_pdf,
            deadline=question.deadline,
        )
    root = _ROOT.match(data)
    if root is not None:
        return _xml(root.group(1).decode(), data, question)
    return _saved(data, question) if looks_saved(data) else _pdf(data, question)


def _pdf(data: bytes, question: Question) -> Verdict:
    if not has_pdf_header(data):
        return _unknown()
    return question.judge_pdf(
        data, material=question.material, at=question.control_time
    )


def _xml(root: str, data: bytes, question: Question) -> Verdict:
    if root in _MESSAGES:
        return _message(None, data, question)
    judge = _DOCUMENTS.get(root)
    if judge is None:
        return _unknown()
    return judge(data, material=question.material, at=question.control_time)


def _saved(data: bytes, question: Question) -> Verdict:
    try:
        message = saved_message(data)
    except CodedError as error:
        return refused_file(FileKind.UNKNOWN, refusal(error))
    return _message(message.content_type, message.body, question)


def _message(content_type: str | None, body: bytes, question: Question) -> Verdict:
    return judge_envelope(
        content_type,
        body,
        material=question.material,
        at=question.control_time,
        judge_pdf=question.judge_pdf,
        deadline=question.deadline,
    )


_MESSAGES = {"edXML", "Envelope"}
"""The plain form, and the SOAP form of a status."""

_DOCUMENTS: dict[str, Callable[..., Verdict]] = {
    "AcceptanceReceipt": judge_receipt,
    "StepReceipt": judge_receipt,
    "PreflightAnswer": judge_preflight,
    "TreeHead": judge_tree_head,
    "CeremonyTranscript": judge_ceremony,
}


def _is_archive(data: bytes) -> bool:
    """Tell whether `data` is a zip archive, even with one of its ends damaged."""
    if data.startswith(PDF_HEADER):
        return False
    return data.startswith(_ZIP_START) or data[-_ZIP_END_SIZE:].startswith(_ZIP_END)


def _with_signature_reasons(verdict: Verdict) -> Verdict:
    """Put the reasons of the signatures among those of the file."""
    own = [reason for one in verdict.signatures for reason in one.reasons]
    return replace(verdict, reasons=tuple(dict.fromkeys((*own, *verdict.reasons))))


def _unknown() -> Verdict:
    return refused_file(FileKind.UNKNOWN, format_failure(ErrorCode.FORMAT_UNKNOWN))
