"""The level of a signature as far as it is proven (EN 319 142-1 clause 6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pki.path.judging import ChainJudgement
from schemas.verdict import Indication
from signing.validation.chains import chain_findings
from signing.validation.engine.certificates import Act, judge_past
from signing.validation.engine.evidence import Evidence, Times
from signing.validation.engine.stamps import JudgedStamp, act_of
from signing.validation.facts import SignatureFacts
from signing.validation.findings import Finding
from signing.validation.structure import SignatureForm

B_B, B_T, B_LT, B_LTA = "PAdES-B-B", "PAdES-B-T", "PAdES-B-LT", "PAdES-B-LTA"


def proven_level(
    facts: SignatureFacts,
    act: Act,
    counting: Sequence[JudgedStamp],
    evidence: Evidence,
    times: Times,
) -> tuple[str, tuple[Finding, ...]]:
    """Return the level, and what keeps a file with a store from B-LT.

    B-T: a time stamp on the signature, or on the document, counts. B-LT: with the roots
    and what the file holds alone, signer and authority pass at the time stamped. B-LTA:
    another document time stamp counts, and covers all of what that took.

    Args:
        facts: the signature.
        act: the use of the signer's key.
        counting: the time stamps that prove it.
        evidence: what is at hand.
        times: what is proven.
    """
    if facts.form is not SignatureForm.PADES:
        return "", ()
    if not counting:
        return B_B, evidence.store.findings
    lacking: tuple[Finding, ...] = evidence.store.findings
    reached = B_T
    for stamp in counting:
        judged = _alone(act, stamp, evidence, times)
        wrong = next(
            (one for one in judged if one.indication is not Indication.TOTAL_PASSED),
            None,
        )
        if wrong is not None:
            lacking = (*lacking, *chain_findings(wrong))
        elif _is_archived(judged, stamp, counting, evidence):
            return B_LTA, evidence.store.findings
        else:
            reached = B_LT
    if reached == B_LT or evidence.store.is_empty:
        return reached, evidence.store.findings
    return reached, lacking


def _alone(
    act: Act, stamp: JudgedStamp, evidence: Evidence, times: Times
) -> Sequence[ChainJudgement]:
    """Judge signer and authority by the file alone, if it brings anything."""
    at, trust = stamp.facts.at, evidence.alone
    stamping = act_of(stamp.facts, times.proofs.earliest(stamp.end))
    if at is None or trust is None or stamping is None:
        return (_NOTHING,)
    return (
        judge_past(_as_of(act, at), at, trust, times),
        judge_past(stamping, at, trust, times),
    )


def _as_of(act: Act, at: datetime) -> Act:
    return replace(act, at=at, proven_at=at)


def _is_archived(
    judged: Sequence[ChainJudgement],
    stamp: JudgedStamp,
    counting: Sequence[JudgedStamp],
    evidence: Evidence,
) -> bool:
    used = {check.evidence for one in judged for check in one.revocation}
    places = [evidence.positions.get(one) for one in used]
    last = max((one for one in places if one is not None), default=stamp.end)
    return None not in places and any(
        one.is_document and one is not stamp and one.end > max(last, stamp.end)
        for one in counting
    )


_NOTHING = ChainJudgement(indication=Indication.INDETERMINATE)
