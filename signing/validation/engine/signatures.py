"""A signature with its proofs of time (5.5.4, 5.6.2.4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pki.names import common_name
from pki.path.judging import ChainJudgement
from schemas.errors import ErrorCode
from schemas.verdict import EvidenceItem, Indication, SubIndication
from signing.validation.chains import embedded_findings, purpose_in
from signing.validation.engine.certificates import RESOLVABLE, Act, judge
from signing.validation.engine.demands import unmet_demands
from signing.validation.engine.evidence import Evidence, Times
from signing.validation.engine.judged import JudgedSignature
from signing.validation.engine.levels import proven_level
from signing.validation.engine.stamps import CLOCKS_APART, JudgedStamp, judge_stamp
from signing.validation.facts import SignatureFacts
from signing.validation.findings import Finding, not_checked
from signing.validation.structure import SignatureForm
from signing.validation.used import used_in

_ORDER = Finding(
    Indication.INDETERMINATE,
    SubIndication.TIMESTAMP_ORDER_FAILURE,
    ErrorCode.TIME_STAMP_MISMATCH,
    "genTime",
)
_CONTRADICTED = not_checked(ErrorCode.SIGNING_TIME_CONTRADICTED)
_STAMP_OUT = not_checked(ErrorCode.TIME_STAMP_UNCHECKED)
_BROKEN = SubIndication.SIG_CONSTRAINTS_FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all signatures of one file are judged by.

    Args:
        evidence: what is at hand.
        times: the control time and what is proven.
        stamps: the document time stamps, judged, by the name of their field.
        proven_at: when the file is proven to have existed by something outside it.
    """

    evidence: Evidence
    times: Times
    stamps: Mapping[str, JudgedStamp]
    proven_at: datetime | None


def judge_signature(facts: SignatureFacts, setting: Setting) -> JudgedSignature:
    """Judge one signature, or tell what was found about a document time stamp."""
    if facts.form is SignatureForm.TIME_STAMP:
        return _document_stamp(facts, setting)
    if facts.certificate is None:
        return JudgedSignature(facts, None)
    own = [
        judge_stamp(facts, one, setting.evidence, setting.times) for one in facts.stamps
    ]
    counting = [*(one for one in own if one.proves), *_covering(facts, setting)]
    best = min(_moments(counting, setting.proven_at), default=None)
    act = Act(
        certificate=facts.certificate,
        embedded=facts.embedded,
        usage=purpose_in(facts.field),
        at=best,
        proven_at=best,
        said_after=True,
    )
    chain = judge(act, setting.evidence, setting.times)
    loose: tuple[Finding, ...] = ()
    if chain.indication is Indication.TOTAL_PASSED:
        material = setting.evidence.material
        loose = embedded_findings(facts.embedded, chain.chain, material)
    earliest = min(counting, key=_moment, default=None)
    level, lacking = proven_level(facts, act, counting, setting.evidence, setting.times)
    rules = chain.rules or setting.evidence.material.unnamed
    unmet = unmet_demands(facts, rules, level=level, at=best or setting.times.now)
    return JudgedSignature(
        facts,
        chain,
        (*loose, *_order(counting), *_broken(own), *unmet),
        notes=(*_notes(facts, own, best), *lacking),
        level=level,
        stamped_at=earliest.facts.at if earliest else None,
        authority=_name(earliest),
        good_until=_good_until(chain, *(one.chain for one in counting)),
        evidence=_evidence(chain, (*own, *counting)),
    )


def _document_stamp(facts: SignatureFacts, setting: Setting) -> JudgedSignature:
    stamp = setting.stamps.get(facts.field)
    if stamp is None:
        return JudgedSignature(facts, None)
    return JudgedSignature(
        facts,
        stamp.chain,
        stamp.findings,
        stamped_at=stamp.proves,
        authority=_name(stamp),
        good_until=_good_until(stamp.chain),
        evidence=_evidence(stamp.chain, (stamp,)),
    )


def _covering(facts: SignatureFacts, setting: Setting) -> Iterator[JudgedStamp]:
    """Give the document time stamps that prove the whole signature."""
    proven = {one.end for one in setting.times.proofs.found}
    for stamp in setting.stamps.values():
        if stamp.proves and stamp.end > facts.end and stamp.end in proven:
            yield stamp


def _moments(
    counting: Sequence[JudgedStamp], proven_at: datetime | None
) -> Iterator[datetime]:
    yield from map(_moment, counting)
    if proven_at is not None:
        yield proven_at


def _moment(stamp: JudgedStamp) -> datetime:
    if stamp.facts.at is None:
        raise ValueError("a stamp without a time counts for nothing")
    return stamp.facts.at


def _order(counting: Sequence[JudgedStamp]) -> Iterator[Finding]:
    """Check that what covers more is not older (5.5.4 step 5)."""
    ordered = sorted(counting, key=lambda one: (one.is_document, one.end))
    latest = None
    for stamp in ordered:
        moment = _moment(stamp)
        if latest is not None and moment < latest - CLOCKS_APART:
            yield _ORDER
            return
        latest = moment if latest is None else max(latest, moment)


def _broken(own: Sequence[JudgedStamp]) -> Iterator[Finding]:
    """Count against a signature a time stamp on it that never held.

    It lies outside what is signed: whoever changes it, or puts another there, must not
    leave a file that passes.
    """
    for stamp in own:
        if stamp.proves or _has_run_out(stamp):
            continue
        for one in (_STAMP_OUT, *stamp.findings):
            undecided = Indication.INDETERMINATE
            yield replace(one, indication=undecided, sub_indication=_BROKEN)


def _has_run_out(stamp: JudgedStamp) -> bool:
    """Tell whether a stamp may have held once: then it only proves nothing any more."""
    return all(one.sub_indication in RESOLVABLE for one in stamp.findings)


def _notes(
    facts: SignatureFacts, own: Sequence[JudgedStamp], best: datetime | None
) -> Iterator[Finding]:
    """Tell what does not count, and what contradicts itself."""
    for stamp in own:
        if not stamp.proves and _has_run_out(stamp):
            yield _STAMP_OUT
            yield from stamp.findings
    claimed = facts.signing_time
    if best is not None and claimed is not None and claimed > best + CLOCKS_APART:
        yield _CONTRADICTED


def _good_until(*chains: ChainJudgement | None) -> datetime | None:
    ends = [one.good_until for one in chains if one and one.good_until]
    return min(ends, default=None)


def _evidence(
    chain: ChainJudgement | None, stamps: Sequence[JudgedStamp]
) -> tuple[EvidenceItem, ...]:
    tokens = [one.facts.token for one in stamps]
    return used_in((chain, *(one.chain for one in stamps)), tokens)


def _name(stamp: JudgedStamp | None) -> str:
    if stamp is None or stamp.chain is None or not stamp.chain.chain:
        return ""
    return common_name(stamp.chain.chain[0])
