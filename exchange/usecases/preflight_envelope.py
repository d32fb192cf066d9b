"""Tell whether a document would be accepted, and why not; nothing is stored."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace

from exchange.domain.addressing import Addressee
from exchange.domain.decisions import Refuse
from exchange.domain.intake import (
    IntakeFacts,
    SignerFacts,
    decide_intake,
    delegation_used,
    evidence_level,
    intake_refusals,
)
from exchange.domain.records import Envelope
from exchange.domain.relations import Relations
from exchange.errors import ExchangeError, StorageUnavailableError
from exchange.services import Services
from exchange.usecases.judging_intake import (
    ReadDocument,
    gather_facts,
    pdf_refusals,
    read_document,
)
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.relating import relate
from exchange.usecases.storing import require_same_bytes, sent_before
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.preflight import (
    PreflightAnswer,
    PreflightAttachment,
    PreflightReason,
    PreflightRecipient,
    write_preflight,
)
from schemas.vocabulary import EvidenceLevel, LinkKind
from signing.xmldsig.sign import sign_receipt

_OF_RECIPIENTS = frozenset(
    {
        ErrorCode.RECIPIENT_UNKNOWN,
        ErrorCode.RECIPIENT_CLOSED,
        ErrorCode.RECIPIENT_DUPLICATE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read of a document on its way to a decision.

    Args:
        kind: two digits; empty where it is none of the 29.
        certificate_sha256: of who signed, where the signature holds.
        delegation_id: by which leave of the sender, where that was needed.
    """

    sender: OrganId
    kind: str
    evidence_level: EvidenceLevel
    certificate_sha256: str | None
    delegation_id: str | None
    attachments: tuple[PreflightAttachment, ...]
    recipients: tuple[PreflightRecipient, ...]


@dataclass(frozen=True, slots=True)
class Preflight:
    """Every reason against a document; it would be accepted if there is none.

    Args:
        notices: what its sender should know, and no reason against it.
        seen: None where it could not be read.
        size: bytes that were read of the body.
        body_sha256: None where it was not read to its end.
    """

    refusals: tuple[Refuse, ...]
    notices: tuple[Refuse, ...] = ()
    seen: Seen | None = None
    size: int = 0
    body_sha256: str | None = None

    @property
    def acceptable(self) -> bool:
        """Whether the same bytes would be accepted now."""
        return not self.refusals


@dataclass(slots=True)
class _Measured:
    """A body on its way in, with its size and digest."""

    chunks: AsyncIterator[bytes]
    size: int = 0
    is_whole: bool = False
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def read(self) -> AsyncIterator[bytes]:
        """Yield the body."""
        async for chunk in self.chunks:
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk
        self.is_whole = True


async def preflight_envelope(services: Services, submission: Submission) -> Preflight:
    """Judge a document message as acceptance would.

    Raises:
        StorageUnavailableError: nothing could be looked up.
    """
    body = _Measured(submission.chunks)
    measured = replace(submission, chunks=body.read())
    try:
        async with received(services, measured) as message:
            found = await _judged(services, message)
    except StorageUnavailableError:
        raise
    except CodedError as error:
        # What cannot be read any further has this one reason.
        found = Preflight((Refuse(error.code, error.place),))
    sha256 = body.digest.hexdigest() if body.is_whole else None
    return replace(found, size=body.size, body_sha256=sha256)


def signed_answer(
    services: Services, submission: Submission, found: Preflight
) -> bytes:
    """Return the answer as the hub signs it."""
    hub, seen, at = services.hub, found.seen, services.now()
    answer = PreflightAnswer(
        hub_id=hub.hub_id,
        key_id=hub.key_id,
        system_id=submission.caller.system.system_id,
        at=at,
        body_sha256=found.body_sha256,
        body_size=found.size,
        content_type=submission.content_type,
        reasons=tuple(map(_reason, found.refusals)),
        notices=tuple(map(_reason, found.notices)),
    )
    if seen is not None:
        answer = replace(
            answer,
            sender=seen.sender,
            kind=seen.kind or None,
            evidence_level=seen.evidence_level,
            certificate_sha256=seen.certificate_sha256,
            delegation_id=seen.delegation_id,
            attachments=seen.attachments,
            recipients=seen.recipients,
        )
    return sign_receipt(write_preflight(answer), credential=hub.receipt, at=at)


async def _judged(services: Services, message: Received) -> Preflight:
    read = read_document(message)
    facts = await gather_facts(services, message, read.document)
    found = list(intake_refusals(facts, services.intake_policy, services.now()))
    seen = _seen(services, facts, read, found)
    found += [one async for one in pdf_refusals(services, message, read)]
    before = await sent_before(services, message, facts)
    conflict = _conflict(message, before)
    if conflict is not None:
        found.insert(0, conflict)
    decision = decide_intake(facts, services.intake_policy, services.now())
    if before is not None or isinstance(decision, Refuse):
        return Preflight(tuple(found), seen=seen)
    relations = await relate(services, read.document, decision)
    if isinstance(relations, Refuse):
        return Preflight((*found, relations), seen=seen)
    return Preflight(tuple(found), tuple(_notices(relations)), seen=seen)


def _seen(
    services: Services,
    facts: IntakeFacts,
    read: ReadDocument,
    refusals: Iterable[Refuse],
) -> Seen:
    signer, leave = facts.signer, delegation_used(facts, services.now())
    return Seen(
        sender=facts.sender.code,
        kind=facts.kind,
        evidence_level=evidence_level(facts),
        certificate_sha256=signer.certificate_sha256
        if isinstance(signer, SignerFacts)
        else None,
        delegation_id=leave.delegation_id if leave else None,
        attachments=tuple(_attachments(read)),
        recipients=tuple(_recipients(facts.recipients, refusals)),
    )


def _attachments(read: ReadDocument) -> Iterator[PreflightAttachment]:
    for number, one in enumerate(read.attachments, start=1):
        yield PreflightAttachment(
            number=number,
            name=one.name,
            size=one.content_size,
            content_type=one.content_type,
            content_sha256=one.content_sha256,
        )


def _recipients(
    addressed: Iterable[Addressee], refusals: Iterable[Refuse]
) -> Iterator[PreflightRecipient]:
    """Say of each recipient what was found against it, by the place of the reasons."""
    against: dict[str, list[ErrorCode]] = {}
    for refusal in refusals:
        if refusal.code in _OF_RECIPIENTS:
            against.setdefault(refusal.place.partition(" ")[0], []).append(refusal.code)
    for one in addressed:
        codes = {one.written: None, one.code: None}
        reasons = tuple(code for name in codes for code in against.get(name, ()))
        reached = one.reached.code if one.reached and not reasons else None
        yield PreflightRecipient(
            addressed=one.written, reached=reached, reasons=reasons
        )


def _reason(refusal: Refuse) -> PreflightReason:
    return PreflightReason(refusal.code, refusal.place)


def _notices(relations: Relations) -> Iterator[Refuse]:
    for one in relations.links:
        if one.kind is LinkKind.DUPLICATES and one.envelope_id:
            yield Refuse(ErrorCode.DOCUMENT_DUPLICATE, one.envelope_id)


def _conflict(message: Received, before: Envelope | None) -> Refuse | None:
    try:
        if before is not None:
            require_same_bytes(message, before)
    except ExchangeError as error:
        return Refuse(error.code, error.place)
    return None
