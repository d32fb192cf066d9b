"""The verdict on one edXML message with its attachments.

The signature of a message covers every attachment, so an attachment needs none of its
own: a PDF that has signatures is a part of the verdict and counts, while files that
are not signed themselves are named in the reasons (`not_signed`) and change nothing.
A PDF that could not be read to an end counts: nobody knows what it says.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from pki.names import agency_of
from pki.purposes import KeyPurpose
from schemas.edxml.body import (
    BodyScanner,
    ScannedAttachment,
    ScannedBody,
    decode_attachment,
    match_manifest,
)
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.limits import BodyLimits
from schemas.edxml.reader import read
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.validate import validate
from schemas.errors import CodedError, ErrorCode
from schemas.pdf_file import has_pdf_header
from schemas.verdict import (
    FileKind,
    Indication,
    Reason,
    SubIndication,
    Verdict,
    worst,
)
from schemas.xml import Element, parse
from signing.errors import SigningError
from signing.validation.findings import NOT_SIGNED, Finding, not_checked
from signing.validation.message import JudgePdf, Message
from signing.validation.xml_signature import (
    JudgedXml,
    XmlJudge,
    file_verdict,
    refusal,
    refused_file,
)
from signing.xmldsig.place import is_signed
from signing.xmldsig.verify import VerifiedXml, verify_envelope

Entitled = Callable[[VerifiedXml, EdxmlDocument | EdxmlStatus], Iterable[Finding]]

_LIMITS = BodyLimits(attachment=256 * 1024 * 1024)
"""An attachment is held in memory to be judged."""

_SLICE = 1024 * 1024
_BY_CHANNEL = Finding(
    Indication.INDETERMINATE,
    SubIndication.SIGNED_DATA_NOT_FOUND,
    ErrorCode.SENT_BY_CHANNEL,
)
_OUT_OF_TIME = refused_file(
    FileKind.UNKNOWN, not_checked(ErrorCode.LIMIT_EXCEEDED, "time")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEnvelope:
    """A message that was judged.

    Args:
        scanned: None when the body could not be read.
        content: what was signed, or what is there when nothing was; None when it
            could not be read or its signature does not hold.
        attachments: in manifest order.
        certificate_sha256: of the signer's certificate, if the signature holds.
    """

    verdict: Verdict
    scanned: ScannedBody | None = None
    content: EdxmlDocument | EdxmlStatus | None = None
    attachments: tuple[ScannedAttachment, ...] = ()
    certificate_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A message taken apart.

    Args:
        verified: what its signature proves, or what is wrong with it; None when it
            has none. The content is read from what was signed, if that holds.
    """

    message: Message
    scanned: ScannedBody
    verified: VerifiedXml | Finding | None
    content: EdxmlDocument | EdxmlStatus
    attachments: tuple[ScannedAttachment, ...]

    @property
    def kind(self) -> FileKind:
        is_status = isinstance(self.content, EdxmlStatus)
        return FileKind.STATUS if is_status else FileKind.ENVELOPE

    def content_of(self, attachment: ScannedAttachment) -> bytes:
        """Return the content of an attachment, decoded and unwrapped."""
        end = attachment.offset + attachment.length
        carried = self.message.body[attachment.offset : end]
        return b"".join(decode_attachment(attachment, [carried]))


def open_envelope(
    message: Message,
    judge: XmlJudge,
    judge_pdf: JudgePdf,
    *,
    is_vouched: bool = False,
    is_by_channel: bool = False,
    entitled: Entitled | None = None,
) -> OpenedEnvelope:
    """Judge a message; whatever it holds, this gives a verdict.

    Args:
        message: as it was sent.
        judge: judges the signature.
        judge_pdf: judges the PDF files attached.
        is_vouched: somebody trusted says that the signer may sign for the sender.
        is_by_channel: they say that it came over the sender's channel alone.
        entitled: finds what speaks against that, where there is more to go by.
    """
    judge_pdf = partial(judge_pdf, proven_at=judge.proven_at)
    try:
        opened = _take_apart(message, _scan(message, judge))
    except CodedError as error:
        return OpenedEnvelope(verdict=refused_file(FileKind.ENVELOPE, refusal(error)))
    if isinstance(opened.verified, Finding):
        signature = JudgedXml(None).against(opened.verified)
        verdict = file_verdict(opened.kind, signature)
        return OpenedEnvelope(verdict=verdict, scanned=opened.scanned)
    if opened.verified is None:
        missing = _BY_CHANNEL if is_by_channel else NOT_SIGNED
        own = refused_file(opened.kind, missing)
        return _with_attachments(own, opened, judge, judge_pdf)
    signature = judge.judge(opened.verified, KeyPurpose.ENVELOPE)
    if entitled is not None:
        signature = signature.against(*entitled(opened.verified, opened.content))
    elif not is_vouched:
        signature = signature.against(*_stranger(opened.verified, opened.content))
    own = file_verdict(opened.kind, signature)
    judged = _with_attachments(own, opened, judge, judge_pdf)
    return replace(judged, certificate_sha256=signature.certificate_sha256)


def _scan(message: Message, judge: XmlJudge) -> ScannedBody:
    """Read the body once; archives in it may grow, so the time is watched."""
    scanner = BodyScanner(message.content_type, _LIMITS)
    for start in range(0, len(message.body), _SLICE):
        if judge.is_out_of_time:
            raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="time")
        scanner.feed(message.body[start : start + _SLICE])
    return scanner.finish()


def _take_apart(message: Message, scanned: ScannedBody) -> _Opened:
    root = parse(scanned.xml)
    validate(root)
    verified = _verified(root, scanned)
    content = read(verified.content if isinstance(verified, VerifiedXml) else root)
    entries = content.manifest if isinstance(content, EdxmlDocument) else ()
    attachments = match_manifest(entries, scanned.attachments)
    return _Opened(message, scanned, verified, content, attachments)


def _verified(root: Element, scanned: ScannedBody) -> VerifiedXml | Finding | None:
    if not is_signed(root):
        return None
    carried = {
        one.content_id: bytes.fromhex(one.carried_sha256) for one in scanned.attachments
    }
    try:
        return verify_envelope(root, attachments=carried)
    except CodedError as error:
        return refusal(error)


def _stranger(
    verified: VerifiedXml, content: EdxmlDocument | EdxmlStatus
) -> Iterator[Finding]:
    """Find that the signer does not belong to the agency named as sender."""
    if agency_of(verified.certificate) != content.sender.organ_id:
        yield Finding(
            Indication.INDETERMINATE,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            ErrorCode.SIGNER_NOT_OF_SENDER,
            content.sender.organ_id,
        )


def _with_attachments(
    own: Verdict, opened: _Opened, judge: XmlJudge, judge_pdf: JudgePdf
) -> OpenedEnvelope:
    """Add the verdicts on the attachments to the verdict on the message itself."""
    parts, unsigned = _judge_attachments(opened, judge, judge_pdf)
    indication, sub_indication = worst((own, *parts))
    return OpenedEnvelope(
        verdict=replace(
            own,
            indication=indication,
            sub_indication=sub_indication,
            parts=parts,
            reasons=(*own.reasons, *unsigned),
        ),
        scanned=opened.scanned,
        content=opened.content,
        attachments=opened.attachments,
    )


def _judge_attachments(
    opened: _Opened, judge: XmlJudge, judge_pdf: JudgePdf
) -> tuple[tuple[Verdict, ...], tuple[Reason, ...]]:
    """Return the verdicts that count, and a reason for every file without signature."""
    parts: list[Verdict] = []
    unsigned: list[Reason] = []
    for attachment in opened.attachments:
        if judge.is_out_of_time:
            parts.append(replace(_OUT_OF_TIME, name=attachment.name))
            break
        content = opened.content_of(attachment)
        verdict = judge_pdf(content) if has_pdf_header(content) else None
        if verdict is None or _has_no_signature(verdict):
            unsigned.append(Reason(ErrorCode.NOT_SIGNED, attachment.name))
        else:
            parts.append(replace(verdict, name=attachment.name))
    return tuple(parts), tuple(unsigned)


def _has_no_signature(verdict: Verdict) -> bool:
    """Tell whether nobody signed a PDF; one that is broken counts all the same."""
    codes = {reason.code for reason in verdict.reasons} - {ErrorCode.CONTENT_ATTACHED}
    is_broken = verdict.indication is Indication.TOTAL_FAILED
    return not is_broken and codes == {ErrorCode.NOT_SIGNED}
