"""The certificate of whoever signed or stamped: now, then at the time proven."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from pki.names import common_name
from pki.path.cache import ChainCache
from pki.path.judging import ChainJudgement, judge_chain
from pki.policy.rules import AlgorithmEnds
from pki.purposes import KeyPurpose
from pki.trust import TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication, Reason, SubIndication
from signing.validation.engine.algorithms import weak_at
from signing.validation.engine.evidence import Evidence, Times

RESOLVABLE = frozenset(
    {
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        SubIndication.TRY_LATER,
    }
)
"""What a proof of existence may resolve (5.5.4, 5.6.2.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One use of a key.

    Args:
        certificate: whose key, DER.
        embedded: certificates that came along, DER.
        usage: what the key did.
        at: when, as far as it is known: the best signature time, or the time stamped.
        proven_at: when the result is proven to have existed; None for now only.
        said_after: what is said about the end certificate must be from `at` or later.
    """

    certificate: bytes
    embedded: tuple[bytes, ...]
    usage: KeyPurpose
    at: datetime | None
    proven_at: datetime | None
    said_after: bool = False


def judge(act: Act, evidence: Evidence, times: Times) -> ChainJudgement:
    """Judge at the control time, and if that leaves a doubt at the time proven.

    Where a CA was revoked since, once more without what it may have said after that.
    """
    found = _judge(act, evidence.chains, times)
    if found.sub_indication is not SubIndication.REVOKED_CA_NO_POE:
        return found
    counts = _untouched(found, times)
    if counts is None:
        return found
    again = _judge(act, ChainCache(evidence.those(counts)), times)
    return found if again.indication is Indication.INDETERMINATE else again


def judge_now(act: Act, chains: ChainCache, times: Times) -> ChainJudgement:
    """Judge at the control time (5.3)."""
    found = chains.judge(
        act.certificate,
        intermediates=act.embedded,
        at=times.now,
        usage=act.usage,
        proven_at=act.proven_at,
    )
    return _unless(found, (_issuer_revoked(found, times), _weak(found, times.now)))


def judge_past(
    act: Act, at: datetime, trust: TrustStore, times: Times
) -> ChainJudgement:
    """Judge as of the past (5.6.2.1).

    Args:
        act: what was done.
        at: when.
        trust: what to judge by.
        times: what is proven to be how old.
    """
    found = judge_chain(
        act.certificate,
        intermediates=act.embedded,
        trust=trust,
        at=at,
        usage=act.usage,
        proven_at=act.proven_at,
    )
    until = act.proven_at or times.now
    return _unless(
        found,
        (
            _expired(found, until),
            _too_old(found, at) if act.said_after else None,
            _issuer_revoked(found, times),
            _weak(found, until),
        ),
    )


def _judge(act: Act, chains: ChainCache, times: Times) -> ChainJudgement:
    found = judge_now(act, chains, times)
    if act.at is None or found.sub_indication not in RESOLVABLE:
        return found
    return judge_past(act, act.at, chains.trust, times)


_Doubt = tuple[SubIndication, Reason]


def _unless(found: ChainJudgement, doubts: tuple[_Doubt | None, ...]) -> ChainJudgement:
    """Return a judgement, not passed any more if there is a doubt."""
    doubt = next((one for one in doubts if one is not None), None)
    if found.indication is not Indication.TOTAL_PASSED or doubt is None:
        return found
    sub_indication, reason = doubt
    return replace(
        found,
        indication=Indication.INDETERMINATE,
        sub_indication=sub_indication,
        reasons=(reason,),
    )


def _expired(found: ChainJudgement, until: datetime) -> _Doubt | None:
    """Check that the path held until the result is proven to have existed.

    Whoever has a key of a certificate that ended may put any earlier time.
    """
    for one in found.chain:
        if until.replace(microsecond=0) > one.not_valid_after_utc:
            reason = Reason(ErrorCode.CERTIFICATE_EXPIRED, common_name(one))
            return SubIndication.OUT_OF_BOUNDS_NO_POE, reason
    return None


def _too_old(found: ChainJudgement, at: datetime) -> _Doubt | None:
    """Check that the status is known as of the act: earlier news does not cover it."""
    said = found.status_as_of
    # Lists and answers count in whole seconds (RFC 5280 5.1.2.4).
    if said is not None and said >= at.replace(microsecond=0):
        return None
    place = said.isoformat() if said else ""
    return SubIndication.TRY_LATER, Reason(ErrorCode.EVIDENCE_TOO_OLD, place)


def _issuer_revoked(found: ChainJudgement, times: Times) -> _Doubt | None:
    """Check that no CA on the path could have said what it did after it was revoked."""
    for index, above in enumerate(found.revocation):
        if above.revoked_at is None:
            continue
        below = found.revocation[:index]
        if any(times.known_since(one.evidence) >= above.revoked_at for one in below):
            name = common_name(found.chain[index])
            reason = Reason(ErrorCode.CERTIFICATE_REVOKED, name)
            return SubIndication.REVOKED_CA_NO_POE, reason
    return None


def _weak(found: ChainJudgement, at: datetime) -> _Doubt | None:
    if found.indication is not Indication.TOTAL_PASSED:
        return None
    ends = found.rules.algorithms.ends if found.rules else AlgorithmEnds.usual()
    weak: x509.Certificate | None = weak_at(found.chain, at, ends)
    if weak is None:
        return None
    reason = Reason(ErrorCode.CERTIFICATE_ALGORITHM_REFUSED, common_name(weak))
    return SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, reason


def _untouched(found: ChainJudgement, times: Times) -> Callable[[str], bool] | None:
    """Return which evidence is older than a revocation, or says that there was one."""
    revoked = [one for one in found.revocation if one.revoked_at is not None]
    moments = [one.revoked_at for one in revoked if one.revoked_at is not None]
    if not moments:
        return None
    highest = found.revocation.index(revoked[-1])
    above = {one.evidence for one in found.revocation[highest:]}
    first = min(moments)
    return lambda digest: digest in above or times.known_since(digest) < first
