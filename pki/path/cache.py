"""Judgements kept for a short time, since one system sends many envelopes.

A kept judgement is never older than its lifetime, never outlives a certificate or
revocation list it rests on, and goes when the trust material changes.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from pki.path.judging import ChainJudgement, judge_chain
from pki.purposes import KeyPurpose
from pki.trust import TrustStore

LIFETIME = timedelta(seconds=60)
_CAPACITY = 4096


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
    """

    def __init__(
        self,
        trust: TrustStore,
        *,
        lifetime: timedelta = LIFETIME,
        capacity: int = _CAPACITY,
    ) -> None:
        self._trust = trust
        self._lifetime = lifetime
        self._capacity = capacity
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

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
    ) -> ChainJudgement:
        """Judge as `judge_chain` does, without a proven time."""
        key = _digest([certificate, *intermediates], usage)
        kept = self._kept.get(key)
        if kept is None or not kept.holds(at, self._lifetime):
            judgement = judge_chain(
                certificate,
                intermediates=intermediates,
                trust=self._trust,
                at=at,
                usage=usage,
            )
            kept = self._kept[key] = _Kept(judgement, at)
        self._kept.move_to_end(key)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return kept.judgement


def _digest(chain: Sequence[Certificate | bytes], usage: KeyPurpose) -> bytes:
    digest = sha256(usage.encode())
    for one in chain:
        der = one if isinstance(one, bytes) else one.public_bytes(Encoding.DER)
        digest.update(sha256(der).digest())
    return digest.digest()
