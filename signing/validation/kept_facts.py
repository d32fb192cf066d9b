"""Facts on a PDF file, kept to be judged again: same facts and policy, same verdict.

What was read from a file is data; what follows from it is decided without the file
(EN 319 102-1 clause 4). Kept facts outlive the programs that read the file. Whoever
could write them could write any verdict: they count for whoever kept them, and roots
and policy are named again by whoever judges.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import cast

from pki.policy.rules import ValidationPolicy
from pki.trust import TrustMaterial
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import AppliedPolicy, Reason, Verdict
from signing.errors import SigningError
from signing.plain_json import PlainJson
from signing.validation.decision import decide
from signing.validation.engine.file import judge_facts
from signing.validation.facts import FileFacts, SignatureFacts
from signing.validation.findings import Finding
from signing.validation.shared_trust import shared_chains
from signing.validation.stamps import StampFacts
from signing.validation.store import StoreFacts, StoreItem

FACTS_BYTES = 256 * 1024 * 1024
"""Largest facts read: those of a file that holds nothing but lists."""

_FORM = "lienthong-facts-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFacts:
    """What is kept of one file.

    Args:
        sha256: of the file, lower hex.
        at: the control time of the first verdict.
        policy: by which it was given.
        intermediates: certificates at hand then, DER.
        crls: revocation lists at hand then, DER.
        ocsps: OCSP answers at hand then, DER.
        facts: what was read from the file.
    """

    form: str = _FORM
    sha256: str
    at: datetime
    policy: AppliedPolicy
    intermediates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    facts: FileFacts


_JSON = PlainJson(
    (
        KeptFacts,
        AppliedPolicy,
        FileFacts,
        SignatureFacts,
        StampFacts,
        StoreFacts,
        StoreItem,
        Finding,
        Reason,
    )
)


def keep_facts(
    data: bytes, facts: FileFacts, *, material: TrustMaterial, at: datetime
) -> bytes:
    """Write the facts on a file with the evidence that was at hand.

    Args:
        data: the file.
        facts: what was read from it.
        material: what it was judged by; the roots are not kept.
        at: the control time.
    """
    kept = KeptFacts(
        sha256=sha256(data).hexdigest(),
        at=at,
        policy=material.applied_policy.applied,
        intermediates=material.intermediates,
        crls=material.crls,
        ocsps=material.ocsps,
        facts=facts,
    )
    return json.dumps(_JSON.plain(kept), ensure_ascii=False, indent=1).encode()


def read_kept_facts(data: bytes) -> KeptFacts:
    """Read what `keep_facts` wrote.

    Raises:
        SigningError: it is anything else (FACTS_INVALID).
    """
    if len(data) > FACTS_BYTES:
        raise SigningError(ErrorCode.FACTS_INVALID)
    try:
        kept = cast("KeptFacts", _JSON.rebuilt(json.loads(data), KeptFacts))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SigningError(ErrorCode.FACTS_INVALID) from error
    moments = [kept.at, *_moments(kept.facts)]
    if kept.form != _FORM or any(one.tzinfo is None for one in moments):
        raise SigningError(ErrorCode.FACTS_INVALID)
    return kept


def judge_kept_facts(
    kept: KeptFacts,
    *,
    roots: tuple[bytes, ...],
    policy: ValidationPolicy | None = None,
    at: datetime | None = None,
) -> Verdict:
    """Judge a file again by what was kept of it; the verdict says so.

    Args:
        kept: the facts.
        roots: what is trusted, DER.
        policy: by which rules; None: the usual ones.
        at: the control time; None: that of the first verdict.

    Raises:
        PkiError: a root is malformed or not a CA.
        SigningError: the facts have no signature, or contradict themselves
            (FACTS_INVALID).
    """
    material = TrustMaterial(roots, kept.intermediates, kept.crls, kept.ocsps, policy)
    facts = kept.facts
    if not facts.signatures:
        raise SigningError(ErrorCode.FACTS_INVALID)
    chains = shared_chains(material)
    try:
        judged = judge_facts(facts, material=material, chains=chains, at=at or kept.at)
    except CodedError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise SigningError(ErrorCode.FACTS_INVALID) from error
    verdict = decide(judged, facts.shared, facts.remarks)
    told = Reason(ErrorCode.JUDGED_FROM_FACTS, kept.sha256)
    return replace(
        verdict,
        reasons=(*verdict.reasons, told),
        policy=material.applied_policy.applied,
    )


def _moments(facts: FileFacts) -> list[datetime]:
    found = [one.signing_time for one in facts.signatures]
    found += [stamp.at for one in facts.signatures for stamp in one.stamps]
    return [one for one in found if one is not None]
