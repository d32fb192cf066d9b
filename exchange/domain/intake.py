"""Whether an envelope is accepted: a function of facts, policy and time.

Invariants:
    - From is one of the agencies the system acts for now, and the signer belongs to
      From or holds a delegation of From for this kind now (design, invariant 9).
    - A document with a secrecy mark is refused (invariant 6).
    - What could not be checked is not accepted (invariant 10).
    - Without a signature only a system that may use its channel is heard.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.domain.access import acting_agencies, is_open
from exchange.domain.addressing import Addressee, all_reached, redirected_of
from exchange.domain.decisions import Refuse
from exchange.domain.delegations import FiledDelegation, leave_to_sign
from exchange.domain.parties import System
from exchange.domain.reachable import too_many, unreachable
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import EvidenceLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFacts:
    """What a verified signature under a judged certificate says.

    Args:
        certificate_sha256: lower hex digest of the signer's certificate.
        agency: the agency named in that certificate.
        signing_time: claimed by the signer.
    """

    certificate_sha256: str
    agency: OrganId | None
    signing_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFacts:
    """Everything the decision looks at.

    Args:
        directory_version: of the directory the agencies were looked up in.
        secrecy_place: where a secrecy mark stands, None when there is none.
        signer: None when the envelope carries no signature; the refusal when it
            carries one that does not hold.
        xml_size: bytes of the XML without attachments.
        plain_channel: the caller named itself without a certificate (development).
        kind: code of the document's kind; empty where it is none of the 29.
        delegations: what the sender delegated, where a stranger signed.
        delegate: the directory's own code of that stranger's agency.
        stored_bytes: what is stored of the sender's documents.
    """

    system: System
    directory_version: int
    sender: Addressee
    recipients: tuple[Addressee, ...]
    secrecy_place: str | None
    signer: SignerFacts | Refuse | None
    xml_size: int
    plain_channel: bool = False
    kind: str = ""
    delegations: tuple[FiledDelegation, ...] = ()
    delegate: OrganId | None = None
    stored_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePolicy:
    """Limits of the decision.

    Args:
        channel_xml_bytes: largest XML from a peer that does not sign.
        signing_time_past: how old a signature may be at intake.
        signing_time_future: how far the signer's clock may be ahead.
        recipients: most recipients, once groups are expanded.
        stored_bytes: most that is stored of one sender's documents; 0: no limit.
    """

    channel_xml_bytes: int = 256 * 1024
    signing_time_past: timedelta = timedelta(hours=72)
    signing_time_future: timedelta = timedelta(minutes=5)
    recipients: int = 5000
    stored_bytes: int = 0

    def signed_lately(self, signing_time: datetime, now: datetime) -> bool:
        """Tell whether a signature of `signing_time` may come in at `now`."""
        earliest = now - self.signing_time_past
        return earliest <= signing_time <= now + self.signing_time_future

    def may_be_done(self, at: datetime, *, accepted: datetime, now: datetime) -> bool:
        """Tell whether a system may have done at `at` what it reports at `now`.

        Not before the envelope was accepted, by a clock as far behind as that of a
        signer may be, and not yet to come: the verifier of evidence asks the same. An
        acceptance that a wrong clock put ahead of now hinders nobody.
        """
        earliest = min(accepted, now) - self.signing_time_past
        return earliest <= at <= now + self.signing_time_future


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Yes; codes are the directory's own, whichever form the envelope used.

    Args:
        addressed: those the envelope names, groups expanded.
        recipients: those addressed, and those reached in their stead.
        redirected: those addressed for whom others are reached.
    """

    sender: OrganId
    addressed: tuple[OrganId, ...]
    recipients: tuple[OrganId, ...]
    evidence_level: EvidenceLevel
    redirected: tuple[Addressee, ...] = ()


_Rule = Callable[[IntakeFacts, IntakePolicy, datetime], Iterator[Refuse]]


def decide_intake(
    facts: IntakeFacts, policy: IntakePolicy, now: datetime
) -> Accept | Refuse:
    """Accept an envelope, or name the first reason against it."""
    refusal = next(intake_refusals(facts, policy, now), None)
    if refusal is not None:
        return refusal
    return Accept(
        sender=facts.sender.code,
        addressed=tuple(one.code for one in facts.recipients),
        recipients=all_reached(facts.recipients),
        evidence_level=evidence_level(facts),
        redirected=redirected_of(facts.recipients),
    )


def intake_refusals(
    facts: IntakeFacts, policy: IntakePolicy, now: datetime
) -> Iterator[Refuse]:
    """Yield every reason against an envelope, the sender's rights first."""
    for rule in (*_SENDER_RULES, *_DOCUMENT_RULES):
        yield from rule(facts, policy, now)


def sender_refusals(
    facts: IntakeFacts, policy: IntakePolicy, now: datetime
) -> Iterator[Refuse]:
    """Yield the reasons against the sender alone.

    A status answers a document of old; its addressee may be closed by now.
    """
    for rule in _SENDER_RULES:
        yield from rule(facts, policy, now)


def evidence_level(facts: IntakeFacts) -> EvidenceLevel:
    """Tell how the sender is proved."""
    if facts.signer is None or facts.plain_channel:
        return EvidenceLevel.CHANNEL
    return EvidenceLevel.SIGNED


def _sender_is_acted_for(
    facts: IntakeFacts, _policy: IntakePolicy, now: datetime
) -> Iterator[Refuse]:
    agency = facts.sender.agency
    if (
        agency is None
        or not is_open(agency, now)
        or agency.code not in acting_agencies(facts.system, now)
    ):
        yield Refuse(ErrorCode.SENDER_NOT_ACTED_FOR, facts.sender.written)


def _signature_is_there(
    facts: IntakeFacts, policy: IntakePolicy, _now: datetime
) -> Iterator[Refuse]:
    if facts.signer is not None:
        return
    if not facts.system.may_channel:
        yield Refuse(ErrorCode.SIGNATURE_MISSING, "edXMLHeader")
    elif facts.xml_size > policy.channel_xml_bytes:
        yield Refuse(ErrorCode.BODY_TOO_LARGE, "edXMLEnvelope")


def _signature_holds(
    facts: IntakeFacts, _policy: IntakePolicy, _now: datetime
) -> Iterator[Refuse]:
    if isinstance(facts.signer, Refuse):
        yield facts.signer


def belongs_to_sender(facts: IntakeFacts) -> bool:
    """Tell whether no delegation is needed: who signed belongs to the sender."""
    signer, agency = facts.signer, facts.sender.agency
    if not isinstance(signer, SignerFacts) or agency is None:
        return True
    of_agency = signer.agency in {agency.code, agency.code_2016} - {None}
    return of_agency or signer.certificate_sha256 in facts.system.certificates


def delegation_used(facts: IntakeFacts, now: datetime) -> FiledDelegation | None:
    """Return by which leave of the sender a stranger signs; None without one."""
    if belongs_to_sender(facts) or facts.delegate is None:
        return None
    return leave_to_sign(
        facts.delegations, delegate=facts.delegate, kind=facts.kind, at=now
    )


def _signer_belongs_to_sender(
    facts: IntakeFacts, _policy: IntakePolicy, now: datetime
) -> Iterator[Refuse]:
    if not belongs_to_sender(facts) and delegation_used(facts, now) is None:
        yield Refuse(ErrorCode.SIGNER_NOT_OF_SENDER, facts.sender.written)


def _signed_lately(
    facts: IntakeFacts, policy: IntakePolicy, now: datetime
) -> Iterator[Refuse]:
    if not isinstance(facts.signer, SignerFacts):
        return
    if not policy.signed_lately(facts.signer.signing_time, now):
        yield Refuse(ErrorCode.SIGNING_TIME_OUT_OF_WINDOW, "SigningTime")


def _recipients_exist(
    facts: IntakeFacts, _policy: IntakePolicy, now: datetime
) -> Iterator[Refuse]:
    if not facts.recipients:
        yield Refuse(ErrorCode.RECIPIENT_UNKNOWN, "To")
    yield from unreachable(facts.recipients, now)


def _recipients_differ(
    facts: IntakeFacts, _policy: IntakePolicy, _now: datetime
) -> Iterator[Refuse]:
    for code, count in Counter(one.code for one in facts.recipients).items():
        if count > 1:
            yield Refuse(ErrorCode.RECIPIENT_DUPLICATE, code)


def _recipients_are_few(
    facts: IntakeFacts, policy: IntakePolicy, _now: datetime
) -> Iterator[Refuse]:
    yield from too_many(len(all_reached(facts.recipients)), policy.recipients)


def _sender_has_room(
    facts: IntakeFacts, policy: IntakePolicy, _now: datetime
) -> Iterator[Refuse]:
    if policy.stored_bytes and facts.stored_bytes >= policy.stored_bytes:
        yield Refuse(ErrorCode.QUOTA_EXCEEDED, facts.sender.code)


def _bears_no_secrecy_mark(
    facts: IntakeFacts, _policy: IntakePolicy, _now: datetime
) -> Iterator[Refuse]:
    if facts.secrecy_place is not None:
        yield Refuse(ErrorCode.SECRECY_MARK, facts.secrecy_place)


_SENDER_RULES: tuple[_Rule, ...] = (
    _sender_is_acted_for,
    _signature_is_there,
    _signature_holds,
    _signer_belongs_to_sender,
    _signed_lately,
)
_DOCUMENT_RULES: tuple[_Rule, ...] = (
    _recipients_exist,
    _recipients_differ,
    _recipients_are_few,
    _bears_no_secrecy_mark,
    _sender_has_room,
)
