"""Whether the certificates of a path are revoked (EN 319 102-1 clause 5.2.5)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import pairwise

from pki.certificates import ReadCertificate
from pki.revocation.lists import RevocationList
from pki.revocation.ocsp_evidence import OcspAnswer, is_not_checked
from pki.trust import TrustStore

Evidence = RevocationList | OcspAnswer

_MOST_ADDED_ANSWERS = 16  # each costs a few signature checks, once


class RevocationState(IntEnum):
    """What the evidence says; the worst state of a path has the highest number."""

    GOOD = 0
    STALE = 1
    UNCHECKED = 2
    REVOKED = 3
    REVOKED_BEFORE_PROOF = 4


@dataclass(frozen=True, slots=True)
class RevocationStatus:
    """What is known about one certificate.

    Args:
        state: the answer.
        certificate: whose.
        used: the list or OCSP answer that gave it.
    """

    state: RevocationState
    certificate: ReadCertificate
    used: Evidence | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    trust: TrustStore
    at: datetime
    proven_at: datetime | None
    oldest: timedelta | None = None

    def is_fresh(self, used: Evidence) -> bool:
        """Tell whether no newer list or answer was due, and it is not too old."""
        recent = self.oldest is None or self.at - used.this_update <= self.oldest
        return recent and used.is_fresh(self.at)

    def state(self, revoked_at: datetime | None) -> RevocationState:
        """Weigh a time of revocation; one after the proven time does not count."""
        if revoked_at is None:
            return RevocationState.GOOD
        if self.proven_at is None:
            return RevocationState.REVOKED
        if revoked_at > self.proven_at:
            return RevocationState.GOOD
        return RevocationState.REVOKED_BEFORE_PROOF


def check_revocation(
    path: tuple[ReadCertificate, ...],
    trust: TrustStore,
    at: datetime,
    proven_at: datetime | None,
    oldest: timedelta | None = None,
) -> list[RevocationStatus]:
    """Check every certificate of `path` (anchor last) except the anchor.

    Args:
        path: end certificate first.
        trust: lists and answers.
        at: the control time.
        proven_at: when the signature is proven to have existed.
        oldest: how old what says "good" may be; None: until the next is due.
    """
    facts = _Facts(trust, at, proven_at, oldest)
    return [
        _check_one(certificate, issuer, facts) for certificate, issuer in pairwise(path)
    ]


def _check_one(
    certificate: ReadCertificate,
    issuer: ReadCertificate,
    facts: _Facts,
) -> RevocationStatus:
    """Hear the lists and the OCSP answers; whoever says "revoked" is right.

    Otherwise what is good counts before what is not known, and the newest of two;
    but nothing is good while somebody was not heard.
    """
    listed = _by_lists(certificate, issuer, facts)
    answered = _by_answers(certificate, issuer, facts)
    if answered is None:
        return listed
    if max(listed.state, answered.state) >= RevocationState.REVOKED:
        return max(listed, answered, key=lambda one: one.state)
    if answered.state is RevocationState.UNCHECKED:
        return answered
    if listed.state is not answered.state:
        return min(listed, answered, key=lambda one: one.state)
    return max(listed, answered, key=_newness)


def _by_lists(
    certificate: ReadCertificate, issuer: ReadCertificate, facts: _Facts
) -> RevocationStatus:
    lists = facts.trust.lists_of(issuer.subject)
    heard = [one for one in lists if one.is_signed_by(issuer)]
    signed = [one for one in heard if one.may_say_good]
    for partial in (one for one in heard if not one.may_say_good):
        if signed and partial.this_update < signed[0].this_update:
            continue  # the complete list knows what it said
        state = facts.state(partial.distrusted_since(certificate.serial))
        if state is not RevocationState.GOOD:
            return RevocationStatus(state, certificate, partial)
    covering = [one for one in signed if one.covers(certificate)]
    if not covering:
        missing = RevocationState.STALE if signed else RevocationState.UNCHECKED
        return RevocationStatus(missing, certificate)
    newest = covering[0]
    state = facts.state(newest.distrusted_since(certificate.serial))
    return _unless_stale(state, certificate, newest, facts)


def _by_answers(
    certificate: ReadCertificate, issuer: ReadCertificate, facts: _Facts
) -> RevocationStatus | None:
    """Hear the newest sound answer; None if there is none, or it knows nothing.

    The operator's are all heard. Of those that came with a file only so many are: it
    may hold any number of forged ones. Where they hide what else is there, nobody can
    say that the certificate is good.
    """
    given = _meant(facts.trust.answers_about, certificate, issuer)
    added = _meant(facts.trust.added_answers_about, certificate, issuer)
    own = _first_sound(given, issuer, facts)
    other = _first_sound(added[:_MOST_ADDED_ANSWERS], issuer, facts)
    sound = (one for one in (own, other) if one is not None)
    found = max(sound, key=lambda one: one.precedence, default=None)
    status = None if found is None else _said_by(found, certificate, facts)
    is_revoked = status is not None and status.state >= RevocationState.REVOKED
    if other is None and len(added) > _MOST_ADDED_ANSWERS and not is_revoked:
        return RevocationStatus(RevocationState.UNCHECKED, certificate)
    return status


def _meant(
    about: Callable[[int], Sequence[OcspAnswer]],
    certificate: ReadCertificate,
    issuer: ReadCertificate,
) -> Sequence[OcspAnswer]:
    answers = about(certificate.serial)
    return [one for one in answers if one.concerns(certificate, issuer)]


def _first_sound(
    answers: Iterable[OcspAnswer], issuer: ReadCertificate, facts: _Facts
) -> OcspAnswer | None:
    heard = (_if_sound(one, issuer, facts) for one in answers)
    return next((one for one in heard if one is not None), None)


def _said_by(
    answer: OcspAnswer, certificate: ReadCertificate, facts: _Facts
) -> RevocationStatus | None:
    if not answer.is_known:
        return None
    state = facts.state(answer.revoked_at)
    return _unless_stale(state, certificate, answer, facts)


def _if_sound(
    answer: OcspAnswer, issuer: ReadCertificate, facts: _Facts
) -> OcspAnswer | None:
    """Return what the CA or a responder of it, itself not revoked, signed."""
    signer = answer.signed.signer_for(issuer)
    if signer is None or not _may_speak(signer, issuer, facts):
        return None
    return answer.until(signer.not_after)


def _may_speak(signer: ReadCertificate, issuer: ReadCertificate, facts: _Facts) -> bool:
    if signer is issuer or is_not_checked(signer):
        return True
    # By lists alone: a responder does not speak for itself.
    status = _by_lists(signer, issuer, replace(facts, proven_at=None))
    return status.state is RevocationState.GOOD


def _unless_stale(
    state: RevocationState,
    certificate: ReadCertificate,
    used: Evidence,
    facts: _Facts,
) -> RevocationStatus:
    if state is RevocationState.GOOD and not facts.is_fresh(used):
        state = RevocationState.STALE
    return RevocationStatus(state, certificate, used)


def _newness(status: RevocationStatus) -> datetime:
    used = status.used
    return used.this_update if used else datetime.min.replace(tzinfo=UTC)
