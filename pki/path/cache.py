"""Judgements kept for a short time, since one system sends many envelopes.

A kept judgement is never older than its lifetime, never outlives a certificate or
revocation list it rests on, and goes when the trust material changes.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.x509 import Certificate

from pki.certificates import fingerprint_of
from pki.path.judging import ChainJudgement, judge_chain
from pki.purposes import KeyPurpose
from pki.trust import TrustStore
from schemas.verdict import Indication

LIFETIME = timedelta(seconds=60)
_CAPACITY = 4096


_Key = tuple[KeyPurpose, datetime | None, tuple[bytes, ...]]
"""What certificates were used for, the time proven, and their digests."""


@dataclass(frozen=True, slots=True)
class _Kept:
    judgement: ChainJudgement
    judged_at: datetime

    def holds(self, at: datetime, lifetime: timedelta) -> bool:
        good_until = self.judgement.good_until
        in_time = self.judged_at <= at < self.judged_at + lifetime
        return in_time and (good_until is None or at <= good_until)


class ChainCache:
    """Judges chains against one trust store, remembering for a while.

    Args:
        trust: what to judge by.
        lifetime: how long a judgement is kept at most.
        capacity: how many are kept; the longest unused goes first.
        passed_only: keep no others: those name no end, and time may cure them.
    """

    def __init__(
        self,
        trust: TrustStore,
        *,
        lifetime: timedelta = LIFETIME,
        capacity: int = _CAPACITY,
        passed_only: bool = False,
    ) -> None:
        self._trust = trust
        self._passed_only = passed_only
        self._lifetime = lifetime
        self._capacity = capacity
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    @property
    def trust(self) -> TrustStore:
        """What chains are judged by."""
        return self._trust

    def replace_trust(self, trust: TrustStore) -> None:
        """Judge by `trust` from now on; everything kept is dropped."""
        self._trust = trust
        self._kept.clear()

    def judge(
        self,
        certificate: Certificate | bytes,
        *,
        intermediates: Sequence[Certificate | bytes] = (),
        at: datetime,
        usage: KeyPurpose,
        proven_at: datetime | None = None,
    ) -> ChainJudgement:
        """Judge as `judge_chain` does."""
        key = usage, proven_at, tuple(map(_digest, (certificate, *intermediates)))
        kept = self._kept.get(key)
        if kept is not None and kept.holds(at, self._lifetime):
            self._kept.move_to_end(key)
            return kept.judgement
        judgement = judge_chain(
            certificate,
            intermediates=intermediates,
            trust=self._trust,
            at=at,
            usage=usage,
            proven_at=proven_at,
        )
        if self._keeps(judgement):
            self._keep(key, _Kept(judgement, at))
        return judgement

    def _keeps(self, judgement: ChainJudgement) -> bool:
        passed = judgement.indication is Indication.TOTAL_PASSED
        return passed or not self._passed_only

    def _keep(self, key: _Key, kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


def _digest(one: Certificate | bytes) -> bytes:
    return sha256(one).digest() if isinstance(one, bytes) else fingerprint_of(one)
