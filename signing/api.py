"""The public verbs of this package: judge any file, offline.

`verify_file` is the only place that tells kinds of files apart, by their content and
never by their names.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from pki.trust import TrustMaterial
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import FileKind, Verdict
from signing.errors import SigningError
from signing.validation.bundle import judge_bundle
from signing.validation.ceremony import judge_ceremony
from signing.validation.findings import format_failure, not_checked
from signing.validation.saved import looks_saved, saved_message
from signing.validation.xml import judge_envelope, judge_receipt, judge_tree_head
from signing.validation.xml_signature import refusal, refused_file
from signing.workers import Job, WorkerFailure, run_once, verdict_of_failure
from signing.workers.process import WorkerLimits

LARGEST_FILE = 256 * 1024 * 1024
"""With its attachments taken out and decoded it stays below `MEMORY_BYTES`."""

MEMORY_BYTES = 1536 * 1024 * 1024
SECONDS = 30.0

_PDF_HEADER = b"%PDF-"
_PDF_HEADER_WITHIN = 1024
"""Where readers look for the header (ISO 32000-1 Annex H.3.4.1)."""

_ZIP_START, _ZIP_END, _ZIP_END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:[^\s<>:/]{1,64}:)?([A-Za-z]{1,64})[\s/>]"
)


def verify_file(
    path: Path, *, material: TrustMaterial, at: datetime | None = None
) -> Verdict:
    """Judge a PDF, an edXML message, a receipt, a tree head, a transcript or a bundle.

    Nothing is fetched. A message may be saved with its MIME header. What cannot be read
    to an end within 30 s and 1.5 GiB is INDETERMINATE.

    Args:
        path: the file.
        material: what is trusted, and the revocation lists at hand.
        at: the control time; None means now, or the time of a bundle's manifest.

    Raises:
        SigningError: there is no such file, or it cannot be read (FILE_UNREADABLE).
        PkiError: a root in `material` is malformed.
    """
    question = _Question(material, at, monotonic() + SECONDS)
    data = _read(path)
    if data is None:
        too_large = not_checked(ErrorCode.LIMIT_EXCEEDED, "file")
        return refused_file(FileKind.UNKNOWN, too_large)
    return _with_signature_reasons(question.judge(data))


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of one file.

    Args:
        deadline: on the monotonic clock.
    """

    material: TrustMaterial
    at: datetime | None
    deadline: float

    @property
    def control_time(self) -> datetime:
        return self.at or datetime.now(UTC)

    def judge(self, data: bytes) -> Verdict:
        if not data:
            return refused_file(
                FileKind.UNKNOWN, format_failure(ErrorCode.FILE_EMPTY, "file")
            )
        if _is_archive(data):
            return judge_bundle(
                data,
                material=self.material,
                at=self.at,
                judge_pdf=self.judge_pdf,
                deadline=self.deadline,
            )
        root = _ROOT.match(data)
        if root is not None:
            return self._xml(root.group(1).decode(), data)
        return self._saved(data) if looks_saved(data) else self._pdf(data)

    def judge_pdf(
        self,
        data: bytes,
        *,
        material: TrustMaterial,
        at: datetime,
        proven_at: datetime | None = None,
    ) -> Verdict:
        """Judge a PDF in a process of its own, within the time that is left."""
        seconds = self.deadline - monotonic()
        if seconds <= 0:
            out_of_time = not_checked(ErrorCode.LIMIT_EXCEEDED, "time")
            return refused_file(FileKind.PDF, out_of_time)
        try:
            result = run_once(
                Job.JUDGE_PDF,
                data,
                material=material,
                at=at,
                proven_at=proven_at,
                limits=WorkerLimits(MEMORY_BYTES, seconds),
            )
        except WorkerFailure as failure:
            return verdict_of_failure(failure)
        if not isinstance(result, Verdict):
            return verdict_of_failure(WorkerFailure(ErrorCode.PARSER_FAILED))
        return result

    def _pdf(self, data: bytes) -> Verdict:
        if _PDF_HEADER not in data[:_PDF_HEADER_WITHIN]:
            return _unknown()
        return self.judge_pdf(data, material=self.material, at=self.control_time)

    def _xml(self, root: str, data: bytes) -> Verdict:
        if root in _MESSAGES:
            return self._message(None, data)
        judge = _DOCUMENTS.get(root)
        if judge is None:
            return _unknown()
        return judge(data, material=self.material, at=self.control_time)

    def _saved(self, data: bytes) -> Verdict:
        try:
            message = saved_message(data)
        except CodedError as error:
            return refused_file(FileKind.UNKNOWN, refusal(error))
        return self._message(message.content_type, message.body)

    def _message(self, content_type: str | None, body: bytes) -> Verdict:
        return judge_envelope(
            content_type,
            body,
            material=self.material,
            at=self.control_time,
            judge_pdf=self.judge_pdf,
            deadline=self.deadline,
        )


_MESSAGES = {"edXML", "Envelope"}
"""The plain form, and the SOAP form of a status."""

_DOCUMENTS: dict[str, Callable[..., Verdict]] = {
    "AcceptanceReceipt": judge_receipt,
    "StepReceipt": judge_receipt,
    "TreeHead": judge_tree_head,
    "CeremonyTranscript": judge_ceremony,
}


def _is_archive(data: bytes) -> bool:
    """Tell whether `data` is a zip archive, even with one of its ends damaged."""
    if data.startswith(_PDF_HEADER):
        return False
    return data.startswith(_ZIP_START) or data[-_ZIP_END_SIZE:].startswith(_ZIP_END)


def _read(path: Path) -> bytes | None:
    """Return the bytes of a file; None when there are too many."""
    try:
        if not path.is_file():
            raise SigningError(ErrorCode.FILE_UNREADABLE, place=path.name)
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SigningError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    return data if len(data) <= LARGEST_FILE else None


def _with_signature_reasons(verdict: Verdict) -> Verdict:
    """Put the reasons of the signatures among those of the file."""
    own = [reason for one in verdict.signatures for reason in one.reasons]
    return replace(verdict, reasons=tuple(dict.fromkeys((*own, *verdict.reasons))))


def _unknown() -> Verdict:
    return refused_file(FileKind.UNKNOWN, format_failure(ErrorCode.FORMAT_UNKNOWN))
