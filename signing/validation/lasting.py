"""XML signatures judged as of the time proven, where that is later in doubt (ADR 31).

Evidence outlives certificates: a sender's lasts two years, a hub changes its keys. What
the log proves to have existed while a certificate held needs no valid one today.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from schemas.verdict import Indication
from signing.validation.engine.certificates import RESOLVABLE, Act, judge_past
from signing.validation.engine.evidence import Times
from signing.validation.engine.proofs import Proofs
from signing.validation.xml_signature import XmlJudge
from signing.xmldsig.verify import VerifiedXml


@dataclass(frozen=True, slots=True)
class LastingJudge(XmlJudge):
    """Judges at the control time, and if that leaves a doubt as of `proven_at`.

    The certificates must have held then, and what is said about the end certificate
    must be from then or later. Lists and answers are proven to exist at the control
    time, no earlier.
    """

    def chain_of(self, verified: VerifiedXml, usage: KeyPurpose) -> ChainJudgement:
        """Judge a certificate now, or as of the past if that alone passes."""
        found = XmlJudge.chain_of(self, verified, usage)
        if self.proven_at is None or found.sub_indication not in RESOLVABLE:
            return found
        act = Act(
            certificate=verified.certificate.public_bytes(Encoding.DER),
            embedded=tuple(
                one.public_bytes(Encoding.DER) for one in verified.intermediates
            ),
            usage=usage,
            at=self.proven_at,
            proven_at=self.proven_at,
            said_after=True,
        )
        times = Times(now=self.at, proofs=Proofs(), positions={})
        past = judge_past(act, self.proven_at, self.trust, times)
        return past if past.indication is Indication.TOTAL_PASSED else found
