"""What a bundle holds: each part judged, and all of them about one envelope."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain

from pki.names import system_of
from schemas.edxml.body import ScannedAttachment
from schemas.errors import ErrorCode
from schemas.evidence import BundleManifest, BundleMember, MemberRole, TreeHead
from schemas.identifiers import OrganId
from schemas.receipt import AcceptanceReceipt, ReceiptAttachment, StepReceipt
from schemas.verdict import FileKind, Indication, Verdict
from schemas.vocabulary import EnvelopeKind, EvidenceLevel, Step
from signing.validation.bundle_log import (
    Events,
    LoggedStep,
    Proved,
    accepted_since,
    attested_since,
    log_findings,
    proved_entries,
)
from signing.validation.bundle_receipts import open_logged
from signing.validation.dates import contradicted, is_after
from signing.validation.delegations import (
    Delegations,
    JudgedDelegation,
    judge_delegation,
    logged_delegations,
)
from signing.validation.envelope import OpenedEnvelope, open_envelope
from signing.validation.findings import Finding, format_failure, not_checked
from signing.validation.message import JudgePdf, Message
from signing.validation.xml import OpenedReceipt, open_tree_head
from signing.validation.xml_signature import XmlJudge

_KINDS = {
    EnvelopeKind.DOCUMENT: FileKind.ENVELOPE,
    EnvelopeKind.STATUS: FileKind.STATUS,
}


@dataclass(frozen=True, slots=True)
class Contents:
    """The members of a bundle whose digests are those of its signed manifest."""

    manifest: BundleManifest
    members: Mapping[str, bytes]

    def of(self, role: MemberRole) -> dict[str, bytes]:
        """Return the members of one role, by name."""
        return {
            one.name: self.members[one.name]
            for one in self.manifest.members
            if one.role is role
        }

    def declared(self, role: MemberRole) -> Iterator[tuple[BundleMember, bytes]]:
        """Yield the members of one role with what the manifest says of them."""
        for one in self.manifest.members:
            if one.role is role:
                yield one, self.members[one.name]


@dataclass(frozen=True, slots=True)
class Parts:
    """The verdicts on the parts, and what is wrong between them."""

    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(
            (*self.verdicts, *other.verdicts), (*self.findings, *other.findings)
        )


@dataclass(frozen=True, slots=True)
class _Accepted:
    """The acceptance receipt: what all other parts are measured by.

    Args:
        is_trusted: its signature and chain passed, so what it says counts.
    """

    name: str
    receipt: AcceptanceReceipt
    is_trusted: bool

    @property
    def vouches_for_signer(self) -> bool:
        """Whether the hub found that the signer may sign for the sender."""
        judgement = self.receipt.signature_verdict
        passed = judgement and judgement.indication is Indication.TOTAL_PASSED
        return self.is_trusted and bool(passed)

    @property
    def is_by_channel(self) -> bool:
        """Whether the hub took it from a peer that signs nothing, and says so."""
        level = self.receipt.evidence_level
        return self.is_trusted and level is EvidenceLevel.CHANNEL


@dataclass(frozen=True, slots=True)
class _Step:
    """A step receipt that was judged."""

    name: str
    receipt: StepReceipt
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class _Log:
    """The log's part of a bundle.

    Args:
        parts: the verdict on the head.
        name: of the head's member.
        head: None when there is none that can be read.
        proved: the entries held to it.
        accepted_since: when it says the envelope was accepted; None unless the head is
            trusted.
        attested_since: since when it proves step receipts to exist, likewise.
    """

    parts: Parts
    name: str = ""
    head: TreeHead | None = None
    proved: Proved = field(default_factory=dict)
    accepted_since: datetime | None = None
    attested_since: Mapping[str, datetime] = field(default_factory=dict)


def judge_parts(contents: Contents, judge: XmlJudge, judge_pdf: JudgePdf) -> Parts:
    """Judge every part of a bundle against its acceptance receipt."""
    acceptances = contents.of(MemberRole.ACCEPTANCE)
    if len(acceptances) != 1:
        return Parts((), (_incomplete(MemberRole.ACCEPTANCE),))
    ((name, data),) = acceptances.items()
    log = _open_log(contents, judge)
    opened = open_logged(data, judge, log.accepted_since)
    receipt = opened.receipt
    parts = Parts((replace(opened.verdict, name=name),))
    if not isinstance(receipt, AcceptanceReceipt):
        return parts + Parts((), (_incomplete(MemberRole.ACCEPTANCE),))
    accepted = _Accepted(name, receipt, _passed(opened.verdict))
    if receipt.envelope_id != contents.manifest.envelope_id:
        parts += Parts((), (_mismatch(name),))
    logged = logged_delegations(
        contents.of(MemberRole.DELEGATION), contents.of(MemberRole.LOG_PROOF).values()
    )
    delegations = tuple(judge_delegation(one, judge) for one in logged)
    parts += Parts(tuple(one.verdict for one in delegations))
    parts += _judge_body(contents, accepted, delegations, judge, judge_pdf)
    steps, step_parts = _judge_steps(contents, accepted, log.attested_since, judge)
    parts += step_parts
    parts += _judge_statuses(contents, steps, judge, judge_pdf)
    named = {
        one.name: LoggedStep(one.receipt, contents.members[one.name]) for one in steps
    }
    events = Events(receipt, name, named, logged)
    return parts + _judge_log(contents, log, events)


def _judge_body(
    contents: Contents,
    accepted: _Accepted,
    delegations: tuple[JudgedDelegation, ...],
    judge: XmlJudge,
    judge_pdf: JudgePdf,
) -> Parts:
    bodies = list(contents.declared(MemberRole.BODY))
    if len(bodies) != 1:
        return Parts((), (_incomplete(MemberRole.BODY),))
    member, body = bodies[0]
    receipt = accepted.receipt
    if accepted.is_trusted:
        judge = replace(judge, proven_at=receipt.accepted_at)
    given = Delegations(delegations, receipt.sender, receipt.accepted_at)
    opened = open_envelope(
        Message(member.content_type, body),
        judge,
        judge_pdf,
        is_vouched=accepted.vouches_for_signer,
        is_by_channel=accepted.is_by_channel,
        entitled=given.findings if delegations else None,
    )
    verdict = replace(opened.verdict, name=member.name)
    fits = _fits_receipt(member, body, receipt) and _is_as_accepted(opened, receipt)
    findings = _signed_later(verdict, receipt.accepted_at)
    return Parts(
        (verdict,), findings if fits else (*findings, _mismatch(accepted.name))
    )


def _signed_later(verdict: Verdict, accepted_at: datetime) -> tuple[Finding, ...]:
    """Find a message that was accepted before it was signed."""
    times = (one.signing_time for one in verdict.signatures)
    is_later = any(one is not None and is_after(one, accepted_at) for one in times)
    return (contradicted(verdict.name),) if is_later else ()


def _fits_receipt(
    member: BundleMember, body: bytes, receipt: AcceptanceReceipt
) -> bool:
    return (
        sha256(body).hexdigest() == receipt.body_sha256
        and len(body) == receipt.body_size
        and member.content_type == receipt.content_type
    )


def _is_as_accepted(opened: OpenedEnvelope, receipt: AcceptanceReceipt) -> bool:
    """Tell whether the receipt describes this envelope: kind, signer, attachments."""
    judgement = receipt.signature_verdict
    signer = judgement.certificate_sha256 if judgement else None
    return (
        opened.verdict.kind is _KINDS[receipt.kind]
        and signer in {None, opened.certificate_sha256}
        and _described(opened.attachments) == receipt.attachments
    )


def _described(
    attachments: Iterable[ScannedAttachment],
) -> tuple[ReceiptAttachment, ...]:
    return tuple(
        ReceiptAttachment(
            number=number,
            name=one.name,
            size=one.content_size,
            carried_sha256=one.carried_sha256,
            content_sha256=one.content_sha256,
        )
        for number, one in enumerate(attachments, start=1)
    )


def _judge_steps(
    contents: Contents,
    accepted: _Accepted,
    since: Mapping[str, datetime],
    judge: XmlJudge,
) -> tuple[list[_Step], Parts]:
    steps: list[_Step] = []
    parts = Parts()
    recipients: set[OrganId | None] = {None, *accepted.receipt.recipients}
    for name, data in contents.of(MemberRole.STEP).items():
        is_vouched = accepted.is_trusted
        opened = open_logged(data, judge, since.get(name), is_vouched=is_vouched)
        verdict = replace(opened.verdict, name=name)
        receipt = opened.receipt
        by = _issuer(opened, accepted)
        if isinstance(receipt, StepReceipt) and _passed(verdict):
            recipients |= _added(receipt, accepted.receipt, by)
        if (
            isinstance(receipt, StepReceipt)
            and receipt.recipient in recipients
            and _is_about(receipt, accepted.receipt, by)
        ):
            steps.append(_Step(name, receipt, _passed(verdict)))
            parts += Parts((verdict,))
        else:
            parts += Parts((verdict,), (_mismatch(name),))
    return steps, parts


def _issuer(opened: OpenedReceipt, accepted: _Accepted) -> str:
    """Return who signed: the system its certificate names, or the hub."""
    verified = opened.signature.verified if opened.signature else None
    system = system_of(verified.certificate) if verified else None
    return system or accepted.receipt.hub_id


def _is_about(step: StepReceipt, accepted: AcceptanceReceipt, by: str) -> bool:
    """Tell whether a step is one of this envelope.

    Args:
        step: what was signed.
        accepted: what it is measured by.
        by: who signed: a system, or the hub that accepted.
    """
    return (step.envelope_id, step.body_sha256) == (
        accepted.envelope_id,
        accepted.body_sha256,
    ) and step.issuer == by


def _added(step: StepReceipt, accepted: AcceptanceReceipt, by: str) -> set[OrganId]:
    """Return whom the hub delivered to later, because the sender asked for it."""
    is_addition = (
        step.step is Step.DELIVERED
        and step.request_envelope_id is not None
        and by == accepted.hub_id
        and _is_about(step, accepted, by)
    )
    return {step.recipient} if is_addition and step.recipient else set()


def _judge_statuses(
    contents: Contents, steps: Iterable[_Step], judge: XmlJudge, judge_pdf: JudgePdf
) -> Parts:
    """Judge the status messages; each is one that a step receipt names by digest.

    The same bytes may be told more than once, of each agency that was succeeded.
    """
    named: dict[str, list[_Step]] = defaultdict(list)
    for one in steps:
        if one.receipt.status_body_sha256:
            named[one.receipt.status_body_sha256].append(one)
    parts = Parts()
    for member, body in contents.declared(MemberRole.STATUS):
        waiting = named.get(sha256(body).hexdigest())
        step = waiting.pop(0) if waiting else None
        is_vouched = step is not None and step.is_trusted
        proven_at = step.receipt.at if step and step.is_trusted else None
        opened = open_envelope(
            Message(member.content_type, body),
            replace(judge, proven_at=proven_at),
            judge_pdf,
            is_vouched=is_vouched,
            is_by_channel=is_vouched,
        )
        verdict = replace(opened.verdict, name=member.name)
        parts += Parts(
            (verdict,), _signed_later(verdict, step.receipt.at) if step else ()
        )
        if step is None or verdict.kind is not FileKind.STATUS:
            parts += Parts((), (_mismatch(member.name),))
    missing = tuple(_incomplete(MemberRole.STATUS) for _ in chain(*named.values()))
    return parts + Parts((), missing)


def _open_log(contents: Contents, judge: XmlJudge) -> _Log:
    heads = contents.of(MemberRole.TREE_HEAD)
    if len(heads) != 1:
        return _Log(Parts((), (_incomplete(MemberRole.TREE_HEAD),)))
    ((name, data),) = heads.items()
    opened = open_tree_head(data, judge)
    parts = Parts((replace(opened.verdict, name=name),))
    if opened.head is None:
        return _Log(parts, name)
    proved = proved_entries(contents.of(MemberRole.LOG_PROOF), opened.head)
    if not _passed(opened.verdict):
        return _Log(parts, name, opened.head, proved)
    envelope_id, steps = contents.manifest.envelope_id, contents.of(MemberRole.STEP)
    return _Log(
        parts,
        name,
        opened.head,
        proved,
        accepted_since=accepted_since(proved, envelope_id),
        attested_since=attested_since(proved, steps),
    )


def _judge_log(contents: Contents, log: _Log, events: Events) -> Parts:
    if log.head is None:
        return log.parts
    if log.head.log_id != events.acceptance.log_id:
        invalid = format_failure(ErrorCode.LOG_PROOF_INVALID, log.name)
        return log.parts + Parts((), (invalid,))
    findings = tuple(log_findings(log.proved, log.head, events))
    if is_after(log.head.at, contents.manifest.at):
        findings += (contradicted(log.name),)
    return log.parts + Parts((), findings)


def _passed(verdict: Verdict) -> bool:
    return verdict.indication is Indication.TOTAL_PASSED


def _mismatch(name: str) -> Finding:
    return format_failure(ErrorCode.RECEIPT_MISMATCH, name)


def _incomplete(role: MemberRole) -> Finding:
    return not_checked(ErrorCode.BUNDLE_INCOMPLETE, role)
