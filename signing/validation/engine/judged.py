"""One signature with everything that was found out about it."""

from dataclasses import dataclass
from datetime import datetime

from pki.path.judging import ChainJudgement
from schemas.verdict import EvidenceItem
from signing.validation.facts import SignatureFacts
from signing.validation.findings import Finding


@dataclass(frozen=True, slots=True)
class JudgedSignature:
    """The facts on one signature with the judgement on its chain.

    Args:
        facts: what it is.
        chain: None where no certificate was found to judge.
        loose: findings on what came along, and on the order of times.
        notes: what is worth telling and does not count against it.
        level: the level proven; empty for the form's own name.
        stamped_at: the best signature time, or what a document time stamp proves.
        authority: the name of whose time stamp that is.
        good_until: when the first certificate, list or answer used runs out, those of
            the time stamps too.
        evidence: what it rests on, that of the time stamps too.
    """

    facts: SignatureFacts
    chain: ChainJudgement | None
    loose: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    level: str = ""
    stamped_at: datetime | None = None
    authority: str = ""
    good_until: datetime | None = None
    evidence: tuple[EvidenceItem, ...] = ()
