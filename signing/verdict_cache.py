"""Verdicts that may be given again: same bytes, same evidence, same minute.

A verdict is a function of the file, the policy, the trust material and the control
time. It is kept under the digests of the first three and the control time rounded
down, and given again only while every certificate, list and answer it rests on still
counts, and never for a time before the one it was made for.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SignatureVerdict, Verdict

BUCKET = timedelta(seconds=60)
"""Longest a verdict is given again, as for judgements on chains."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PARTS = 64
_NO_ANSWER = frozenset({ErrorCode.LIMIT_EXCEEDED, ErrorCode.PARSER_FAILED})
"""Another attempt may fare better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictKey:
    """What a verdict is a function of.

    Args:
        file: SHA-256 of the file, lower hex.
        policy: name of the rules it is judged by, and digest of the validation policy.
        material: SHA-256 of roots, intermediates, lists and OCSP answers.
        at: the control time, rounded down to a whole `BUCKET`.
    """

    file: str
    policy: str
    material: str
    at: datetime


def verdict_key(
    file: str, *, policy: str, material: TrustMaterial, at: datetime
) -> VerdictKey:
    """Return the key of a verdict.

    Args:
        file: SHA-256 of the file, lower hex.
        policy: name of the rules; other rules need another name.
        material: what is trusted, and the revocation data at hand.
        at: the control time.
    """
    bucket = _EPOCH + (at - _EPOCH) // BUCKET * BUCKET
    return VerdictKey(
        file=file,
        policy=f"{policy} {material.applied_policy.sha256}",
        material=material_digest(material),
        at=bucket,
    )


@lru_cache(maxsize=4)
def material_digest(material: TrustMaterial) -> str:
    """Return SHA-256 of all that is trusted or at hand, group by group, lower hex."""
    whole = sha256()
    groups = (
        material.roots,
        material.intermediates,
        material.crls,
        material.ocsps,
    )
    for group in groups:
        whole.update(len(group).to_bytes(8))
        for one in group:
            whole.update(sha256(one).digest())
    return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class _Kept:
    verdict: Verdict
    made_for: datetime
    good_until: datetime


class VerdictCache:
    """A bounded number of verdicts, those used longest ago dropped first.

    Args:
        entries: how many are kept at most.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._kept: OrderedDict[VerdictKey, _Kept] = OrderedDict()

    def get(self, key: VerdictKey, at: datetime) -> Verdict | None:
        """Return what was found, if it still counts at the control time `at`."""
        kept = self._kept.get(key)
        if kept is None or not kept.made_for <= at < kept.good_until:
            return None
        self._kept.move_to_end(key)
        return kept.verdict

    def put(self, key: VerdictKey, verdict: Verdict, at: datetime) -> None:
        """Keep a verdict made for the control time `at`, if it may be given again."""
        good_until = lifetime(verdict, at)
        if good_until is None or good_until <= at:
            return
        self._kept[key] = _Kept(verdict, at, good_until)
        self._kept.move_to_end(key)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)


def lifetime(verdict: Verdict, at: datetime) -> datetime | None:
    """Return until when a verdict made for `at` holds; None if it is not to be kept.

    What passed names the end of its evidence, or it is not kept at all.
    """
    whole = list(_all(verdict))
    signatures = [one for part in whole for one in part.signatures]
    if len(whole) + len(signatures) > _MOST_PARTS:
        return None
    reasons = [reason for one in whole for reason in one.reasons]
    reasons += [reason for one in signatures for reason in one.reasons]
    if any(reason.code in _NO_ANSWER for reason in reasons):
        return None
    if any(map(_passed_without_end, signatures)):
        return None
    ends = [one.good_until for one in signatures if one.good_until]
    return min((at + BUCKET, *ends))


def _passed_without_end(signature: SignatureVerdict) -> bool:
    passed = signature.indication is Indication.TOTAL_PASSED
    return passed and signature.good_until is None


def _all(verdict: Verdict) -> Iterator[Verdict]:
    yield verdict
    for part in verdict.parts:
        yield from _all(part)
