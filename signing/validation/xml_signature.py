"""From one XML signature to its verdict: verification, chain, rules of the file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from math import inf
from time import monotonic

from cryptography.hazmat.primitives.serialization import Encoding

from pki.names import common_name, summary
from pki.path.cache import ChainCache
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from pki.trust import TrustStore
from schemas.errors import CodedError, ErrorCode
from schemas.verdict import (
    FileKind,
    Indication,
    Modifications,
    SignatureVerdict,
    SubIndication,
    Verdict,
    worst,
)
from signing.validation.chains import chain_findings
from signing.validation.dates import is_after
from signing.validation.findings import Finding, conclusion, not_checked
from signing.validation.used import used_in
from signing.xmldsig.profile import SIGNATURE_ID
from signing.xmldsig.verify import VerifiedXml

LEVEL = "XAdES-B-B"

_FAILURES: Mapping[ErrorCode, SubIndication] = {
    ErrorCode.REFERENCE_DIGEST_MISMATCH: SubIndication.HASH_FAILURE,
    ErrorCode.ATTACHMENT_DIGEST_MISMATCH: SubIndication.HASH_FAILURE,
    ErrorCode.SIGNATURE_INVALID: SubIndication.SIG_CRYPTO_FAILURE,
}
_LIMITS = frozenset(
    {
        ErrorCode.LIMIT_EXCEEDED,
        ErrorCode.BODY_TOO_LARGE,
        ErrorCode.ATTACHMENT_TOO_LARGE,
    }
)
"""What was not read to an end is not proved invalid. Everything else that is refused
breaks the one form there is."""


@dataclass(frozen=True, slots=True)
class JudgedXml:
    """What was found about one signature.

    Args:
        verified: what it proves; None when it does not hold.
        chain: judgement on its certificate; None when nothing was there to judge.
        findings: what speaks against it, the gravest need not come first.
    """

    verified: VerifiedXml | None
    chain: ChainJudgement | None = None
    findings: tuple[Finding, ...] = ()

    def against(self, *findings: Finding) -> "JudgedXml":
        """Return the same with more findings against it."""
        return replace(self, findings=(*self.findings, *findings))

    @property
    def certificate_sha256(self) -> str | None:
        """Lower hex digest of the signer's certificate, if the signature holds."""
        if self.verified is None:
            return None
        der = self.verified.certificate.public_bytes(Encoding.DER)
        return sha256(der).hexdigest()

    @property
    def verdict(self) -> SignatureVerdict:
        """The verdict on this signature; passed only with a passed chain."""
        holds = self.verified is not None
        indication, sub_indication = conclusion(self.findings)
        if not self.findings and not self._is_proved():
            indication, sub_indication = Indication.INDETERMINATE, SubIndication.GENERIC
        return SignatureVerdict(
            field=SIGNATURE_ID,
            indication=indication,
            sub_indication=sub_indication,
            signer=common_name(self.verified.certificate) if self.verified else "",
            intact=holds or sub_indication is SubIndication.SIG_CRYPTO_FAILURE,
            valid=holds,
            covers_whole_document=holds,
            modifications=Modifications.NONE if holds else Modifications.NOT_ASSESSED,
            level=LEVEL if holds else "",
            signing_time=self.verified.signing_time if self.verified else None,
            chain=tuple(summary(one) for one in self.chain.chain) if self.chain else (),
            revocation=self.chain.revocation if self.chain else (),
            good_until=self.chain.good_until if self.chain else None,
            evidence=used_in((self.chain,)),
            reasons=tuple(dict.fromkeys(one.reason for one in self.findings)),
        )

    def _is_proved(self) -> bool:
        return (
            self.verified is not None
            and self.chain is not None
            and self.chain.indication is Indication.TOTAL_PASSED
        )


@dataclass(frozen=True, slots=True)
class XmlJudge:
    """Judges XML signatures: what is trusted, and as of when.

    Args:
        at: the control time.
        proven_at: a time at which what is judged is proven to have existed.
        chains: judgements kept between files (`judges_of`).
        deadline: when judging has to end, on `clock`.
        clock: seconds that never go back.
    """

    trust: TrustStore = field(repr=False)
    at: datetime
    proven_at: datetime | None = None
    chains: ChainCache | None = field(default=None, repr=False)
    deadline: float = inf
    clock: Callable[[], float] = field(default=monotonic, repr=False)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the deadline has passed."""
        return self.clock() >= self.deadline

    def judge(self, verified: VerifiedXml, usage: KeyPurpose) -> JudgedXml:
        """Judge the certificate of a signature that holds."""
        chain = self.chain_of(verified, usage)
        judged = JudgedXml(verified, chain, chain_findings(chain))
        return judged.against(*self._begun_later(verified))

    def chain_of(self, verified: VerifiedXml, usage: KeyPurpose) -> ChainJudgement:
        """Judge a certificate at the control time."""
        chains = self.chains or ChainCache(self.trust)
        return chains.judge(
            verified.certificate,
            intermediates=verified.intermediates,
            at=self.at,
            usage=usage,
            proven_at=self.proven_at,
        )

    def _begun_later(self, verified: VerifiedXml) -> Iterator[Finding]:
        """Find a certificate that began after what it signed was there."""
        begins = verified.certificate.not_valid_before_utc
        if self.proven_at is not None and is_after(begins, self.proven_at):
            yield Finding(
                Indication.INDETERMINATE,
                SubIndication.NOT_YET_VALID,
                ErrorCode.CERTIFICATE_NOT_YET_VALID,
                common_name(verified.certificate),
            )


def judges_of(trust: TrustStore) -> Callable[[datetime], XmlJudge]:
    """Return what makes a judge for a moment, for whoever judges file after file.

    A chain that passed is taken for passed for a minute, as long as nothing it rests on
    ends before.
    """
    chains = ChainCache(trust, passed_only=True)
    return partial(XmlJudge, trust, chains=chains)


def refusal(error: CodedError) -> Finding:
    """Return the finding of a refused signature or file."""
    if error.code in _LIMITS:
        return not_checked(error.code, error.place)
    sub_indication = _FAILURES.get(error.code, SubIndication.FORMAT_FAILURE)
    return Finding(Indication.TOTAL_FAILED, sub_indication, error.code, error.place)


def refused_file(kind: FileKind, finding: Finding) -> Verdict:
    """Return the verdict on a file that is not judged further."""
    return Verdict(
        kind=kind,
        indication=finding.indication,
        sub_indication=finding.sub_indication,
        reasons=(finding.reason,),
    )


def file_verdict(
    kind: FileKind, judged: JudgedXml, *, parts: tuple[Verdict, ...] = ()
) -> Verdict:
    """Return the verdict on a file with one signature: the worst of it and its parts.

    The reasons of the signature are those of the file.
    """
    signature = judged.verdict
    indication, sub_indication = worst((signature, *parts))
    return Verdict(
        kind=kind,
        indication=indication,
        sub_indication=sub_indication,
        signatures=(signature,),
        parts=parts,
        reasons=signature.reasons,
    )
