"""Whether the certificates of a path are revoked (EN 319 102-1 clause 5.2.5)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import pairwise

from pki.certificates import ReadCertificate
from pki.revocation import RevocationList
from pki.trust import TrustStore


class RevocationState(IntEnum):
    """What the lists say; the worst state of a path has the highest number."""

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
        used: the list that gave it.
    """

    state: RevocationState
    certificate: ReadCertificate
    used: RevocationList | None = None


def check_revocation(
    path: tuple[ReadCertificate, ...],
    trust: TrustStore,
    at: datetime,
    proven_at: datetime | None,
) -> list[RevocationStatus]:
    """Check every certificate of `path` (anchor last) except the anchor."""
    return [
        _check_one(certificate, issuer, trust, at=at, proven_at=proven_at)
        for certificate, issuer in pairwise(path)
    ]


def _check_one(
    certificate: ReadCertificate,
    issuer: ReadCertificate,
    trust: TrustStore,
    *,
    at: datetime,
    proven_at: datetime | None,
) -> RevocationStatus:
    lists = trust.lists_of(issuer.subject)
    heard = [one for one in lists if one.is_signed_by(issuer)]
    for delta in (one for one in heard if one.is_delta):
        state = _state(delta.revoked_at(certificate.serial), proven_at)
        if state is not RevocationState.GOOD:
            return RevocationStatus(state, certificate, delta)
    signed = [one for one in heard if not one.is_delta]
    covering = [one for one in signed if one.covers(certificate)]
    if not covering:
        missing = RevocationState.STALE if signed else RevocationState.UNCHECKED
        return RevocationStatus(missing, certificate)
    newest = covering[0]
    state = _state(newest.revoked_at(certificate.serial), proven_at)
    if state is RevocationState.GOOD and not newest.is_fresh(at):
        state = RevocationState.STALE
    return RevocationStatus(state, certificate, newest)


def _state(revoked_at: datetime | None, proven_at: datetime | None) -> RevocationState:
    if revoked_at is None:
        return RevocationState.GOOD
    if proven_at is None:
        return RevocationState.REVOKED
    if revoked_at > proven_at:
        return RevocationState.GOOD
    return RevocationState.REVOKED_BEFORE_PROOF
