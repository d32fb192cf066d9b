"""Time stamps: whose they are, and what they prove (5.4, 5.6.2.3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.validation.chains import chain_findings, embedded_findings
from signing.validation.engine.certificates import Act, judge
from signing.validation.engine.evidence import Evidence, Times
from signing.validation.engine.proofs import Proof, Proofs
from signing.validation.facts import SignatureFacts
from signing.validation.findings import Finding
from signing.validation.stamps import StampFacts
from signing.validation.structure import SignatureForm

CLOCKS_APART = timedelta(minutes=1)
"""How far clocks may differ before an order of times is called wrong."""

_ORDER = Finding(
    Indication.INDETERMINATE,
    SubIndication.TIMESTAMP_ORDER_FAILURE,
    ErrorCode.TIME_STAMP_MISMATCH,
    "genTime",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedStamp:
    """A time stamp that was judged.

    Args:
        facts: what it is.
        end: how far the bytes go that it proves; of one on a signature, how far those
            go that the signature covers.
        is_document: it covers the file, not one signature.
        findings: why it proves nothing; none if it counts.
        chain: the judgement on its authority; None if there was none to judge.
    """

    facts: StampFacts
    end: int
    is_document: bool
    findings: tuple[Finding, ...]
    chain: ChainJudgement | None

    @property
    def proves(self) -> datetime | None:
        """The time it proves; None if it does not count."""
        return None if self.findings else self.facts.at

    @property
    def act(self) -> Act | None:
        """The use of the authority's key, as if nothing later proved it."""
        return act_of(self.facts, None)


def judge_stamps(
    signatures: Sequence[SignatureFacts],
    evidence: Evidence,
    now: datetime,
    proofs: Proofs,
) -> tuple[Mapping[str, JudgedStamp], Proofs]:
    """Judge the document time stamps of a file, newest first (5.6.3).

    Each that counts proves what it covers, the older ones too.

    Returns:
        The stamps by the name of their field, and all proofs.
    """
    judged: dict[str, JudgedStamp] = {}
    for facts in sorted(signatures, key=lambda one: one.end, reverse=True):
        if facts.form is not SignatureForm.TIME_STAMP or not facts.stamps:
            continue
        times = Times(now=now, proofs=proofs, positions=evidence.positions)
        stamp = judge_stamp(facts, facts.stamps[0], evidence, times)
        judged[facts.field] = stamp
        if stamp.proves is not None and not facts.findings:
            proofs = proofs.and_also(Proof(stamp.proves, facts.end))
    return judged, proofs


def judge_stamp(
    facts: SignatureFacts, stamp: StampFacts, evidence: Evidence, times: Times
) -> JudgedStamp:
    """Judge one time stamp, as far as it is proven to have existed.

    Args:
        facts: the signature it is on, or the document time stamp it is.
        stamp: what it is.
        evidence: what to judge by.
        times: what is proven by now.
    """
    chain: ChainJudgement | None = None
    findings: tuple[Finding, ...] = ()
    if stamp.finding is not None:
        findings = (stamp.finding,)
    act = act_of(stamp, times.proofs.earliest(facts.end))
    if act is not None and not findings:
        chain = judge(act, evidence, times)
        findings = tuple(_findings(act, chain, evidence, times))
    return JudgedStamp(
        facts=stamp,
        end=facts.end,
        is_document=facts.form is SignatureForm.TIME_STAMP,
        findings=findings,
        chain=chain,
    )


def act_of(stamp: StampFacts, proven_at: datetime | None) -> Act | None:
    """Return the use of the authority's key; None if the token is not sound."""
    if stamp.certificate is None or stamp.at is None:
        return None
    return Act(
        certificate=stamp.certificate,
        embedded=stamp.embedded,
        usage=KeyPurpose.TIME_STAMP,
        at=stamp.at,
        proven_at=proven_at,
    )


def _findings(
    act: Act, chain: ChainJudgement, evidence: Evidence, times: Times
) -> Iterator[Finding]:
    yield from chain_findings(chain)
    if chain.indication is Indication.TOTAL_PASSED:
        yield from embedded_findings(act.embedded, chain.chain, evidence.material)
    # Nothing is stamped after it is known to exist, nor after now.
    exists = act.proven_at or times.now
    if act.at is not None and act.at > exists + CLOCKS_APART:
        yield _ORDER
