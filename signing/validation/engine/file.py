"""All signatures of one file: document time stamps first, since they prove the rest."""

from collections.abc import Sequence
from datetime import datetime

from pki.path.cache import ChainCache
from pki.trust import TrustMaterial
from signing.validation.engine.evidence import Evidence, Times
from signing.validation.engine.judged import JudgedSignature
from signing.validation.engine.proofs import Proof, Proofs
from signing.validation.engine.signatures import Setting, judge_signature
from signing.validation.engine.stamps import judge_stamps
from signing.validation.facts import FileFacts


def judge_facts(
    facts: FileFacts,
    *,
    material: TrustMaterial,
    chains: ChainCache,
    at: datetime,
    proven_at: datetime | None = None,
) -> Sequence[JudgedSignature]:
    """Judge the signatures and document time stamps of a file.

    Args:
        facts: what was read from it.
        material: what is trusted, and what is at hand.
        chains: who judges by it.
        at: the control time.
        proven_at: when the file is proven to have existed by something outside it.
    """
    evidence = Evidence.of(material, chains, facts.store)
    proofs = Proofs()
    if proven_at is not None:
        proofs = proofs.and_also(Proof(proven_at, facts.length + 1))
    stamps, proofs = judge_stamps(facts.signatures, evidence, at, proofs)
    setting = Setting(
        evidence=evidence,
        times=Times(now=at, proofs=proofs, positions=evidence.positions),
        stamps=stamps,
        proven_at=proven_at,
    )
    return [judge_signature(one, setting) for one in facts.signatures]
