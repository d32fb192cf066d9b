"""Delegations in a bundle: whether one let the signer of its envelope sign.

Each is judged by the seal of its delegator, and counts at the time of acceptance from
what the log proves: when it was filed, and when it was revoked if it was. A delegate's
seal delegates nothing further, for it is not the delegator's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from pki.names import agency_of
from pki.purposes import KeyPurpose
from schemas.delegation import Delegation, read_delegation
from schemas.document_kinds import document_kind_by_name
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.status import EdxmlStatus
from schemas.errors import CodedError, ErrorCode, SchemaError
from schemas.evidence import LogEntry, read_proof
from schemas.identifiers import OrganId
from schemas.verdict import FileKind, Indication, SubIndication, Verdict
from schemas.vocabulary import LogEntryType
from schemas.xml import parse
from signing.validation.findings import Finding
from signing.validation.xml_signature import (
    XmlJudge,
    file_verdict,
    refusal,
    refused_file,
)
from signing.xmldsig.verify import VerifiedXml, verify_receipt


@dataclass(frozen=True, slots=True)
class LoggedDelegation:
    """A delegation, and what the log says of it; the proofs are judged elsewhere.

    Args:
        name: of its member.
        content: the signed XML.
        filed_at: None when no entry says so.
        revoked_at: None when it was not.
    """

    name: str
    content: bytes
    filed_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def subject(self) -> str:
        """Subject of the entry that files it."""
        return sha256(self.content).hexdigest()

    @property
    def end_subject(self) -> str:
        """Subject of the entry that revokes it."""
        return f"{self.subject}/revoked"

    def is_attested_by(self, entry: LogEntry) -> bool:
        """Tell whether an entry files or revokes it."""
        return (
            entry.type is LogEntryType.DIRECTORY
            and entry.subject in {self.subject, self.end_subject}
            and entry.attests(self.content)
        )


@dataclass(frozen=True, slots=True)
class JudgedDelegation:
    """A delegation with the verdict on its seal; None when it cannot be read."""

    logged: LoggedDelegation
    verdict: Verdict
    delegation: Delegation | None = None

    def objection(self, wanted: "Wanted") -> ErrorCode | None:
        """Return why it does not let the signer sign; None when it does."""
        said, logged = self.delegation, self.logged
        if said is None or self.verdict.indication is not Indication.TOTAL_PASSED:
            return ErrorCode.DELEGATION_INVALID
        if (said.delegator, said.delegate) != (wanted.delegator, wanted.delegate):
            return ErrorCode.SIGNER_NOT_OF_SENDER
        if wanted.kind not in said.kinds:
            return ErrorCode.DELEGATION_OUT_OF_SCOPE
        filed = logged.filed_at is not None and logged.filed_at <= wanted.at
        if not filed or not said.valid_from <= wanted.at < said.valid_to:
            return ErrorCode.DELEGATION_NOT_IN_TIME
        if logged.revoked_at is not None and logged.revoked_at <= wanted.at:
            return ErrorCode.DELEGATION_REVOKED
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What has to be delegated.

    Args:
        delegator: in whose name was signed.
        delegate: the agency of the signer.
        kind: code of the document's kind; empty where it is none.
        at: when the envelope was accepted.
    """

    delegator: OrganId
    delegate: OrganId | None
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delegations:
    """All delegations of a bundle, judged.

    Args:
        sender: the agency the hub accepted the envelope of.
        accepted_at: when.
    """

    judged: tuple[JudgedDelegation, ...]
    sender: OrganId
    accepted_at: datetime

    def findings(
        self, verified: VerifiedXml, content: EdxmlDocument | EdxmlStatus
    ) -> Iterator[Finding]:
        """Find that a stranger signed whom no delegation entitles."""
        delegate = agency_of(verified.certificate)
        if delegate in {self.sender, content.sender.organ_id}:
            return
        wanted = Wanted(
            delegator=self.sender,
            delegate=delegate,
            kind=_kind_of(content),
            at=self.accepted_at,
        )
        objections = [(one.objection(wanted), one.logged.name) for one in self.judged]
        if any(code is None for code, _ in objections):
            return
        yield from (_unentitled(code, name) for code, name in objections if code)


def logged_delegations(
    members: Mapping[str, bytes], proofs: Iterable[bytes]
) -> tuple[LoggedDelegation, ...]:
    """Return the delegations of a bundle with the times its log entries state."""
    entries = tuple(_entries(proofs))
    found = (LoggedDelegation(name, content) for name, content in members.items())
    return tuple(_with_times(one, entries) for one in found)


def judge_delegation(logged: LoggedDelegation, judge: XmlJudge) -> JudgedDelegation:
    """Judge the seal of a delegation; its filing proves when it existed."""
    judge = replace(judge, proven_at=logged.filed_at)
    try:
        verified = verify_receipt(parse(logged.content))
        delegation = read_delegation(verified.content)
    except CodedError as error:
        refused = refused_file(FileKind.DELEGATION, refusal(error))
        return JudgedDelegation(logged, replace(refused, name=logged.name))
    signature = judge.judge(verified, KeyPurpose.DOCUMENT_SEAL)
    if agency_of(verified.certificate) != delegation.delegator:
        code, place = ErrorCode.SIGNER_NOT_OF_SENDER, delegation.delegator
        signature = signature.against(_unentitled(code, place))
    verdict = replace(file_verdict(FileKind.DELEGATION, signature), name=logged.name)
    return JudgedDelegation(logged, verdict, delegation)


def _entries(proofs: Iterable[bytes]) -> Iterator[LogEntry]:
    for data in proofs:
        try:
            entry, _ = read_proof(data)
        except SchemaError:
            continue  # told where proofs are judged
        yield entry


def _with_times(
    logged: LoggedDelegation, entries: Iterable[LogEntry]
) -> LoggedDelegation:
    times = {one.subject: one.at for one in entries if logged.is_attested_by(one)}
    return replace(
        logged,
        filed_at=times.get(logged.subject),
        revoked_at=times.get(logged.end_subject),
    )


def _kind_of(content: EdxmlDocument | EdxmlStatus) -> str:
    if isinstance(content, EdxmlStatus):
        return ""
    kind = document_kind_by_name(content.document_type.type_name)
    return kind.code if kind else ""


def _unentitled(code: ErrorCode, place: str) -> Finding:
    constraint = SubIndication.SIG_CONSTRAINTS_FAILURE
    return Finding(Indication.INDETERMINATE, constraint, code, place)
