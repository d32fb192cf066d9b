"""The certificates of a signature: its chain, and what came along without use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from pki.path import ChainJudgement, judge_chain
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.validation.findings import Finding

_CHAIN_FAILURE = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


@dataclass(frozen=True, slots=True)
class ChainJudge:
    """Judges the chains of one file: what is trusted, and as of when.

    Args:
        proven_at: a time at which the signatures are proven to have existed.
    """

    trust: TrustStore
    at: datetime
    proven_at: datetime | None

    def judge(self, certificate: bytes, embedded: Sequence[bytes]) -> ChainJudgement:
        """Judge the certificate of a signer, with what came along."""
        return judge_chain(
            certificate,
            intermediates=embedded,
            trust=self.trust,
            at=self.at,
            usage=KeyPurpose.DOCUMENT_ANY,
            proven_at=self.proven_at,
        )


def chain_findings(judgement: ChainJudgement) -> tuple[Finding, ...]:
    """Return what the judgement on the chain holds against the signature."""
    if judgement.indication is Indication.TOTAL_PASSED:
        return ()
    return tuple(
        Finding(
            judgement.indication, judgement.sub_indication, reason.code, reason.place
        )
        for reason in judgement.reasons
    ) or (
        Finding(
            judgement.indication, judgement.sub_indication, ErrorCode.CHAIN_INVALID
        ),
    )


def embedded_findings(
    embedded: Sequence[bytes],
    chain: Sequence[x509.Certificate],
    material: TrustMaterial,
) -> tuple[Finding, ...]:
    """Return a finding for every embedded certificate that nothing vouches for.

    The set of certificates in a signature is not signed. Each must be on the chain, or
    be issued by a certificate at hand, or somebody may have altered it.
    """
    try:
        certificates = [x509.load_der_x509_certificate(one) for one in embedded]
        known = [
            *certificates,
            *(x509.load_der_x509_certificate(one) for one in material.intermediates),
            *(x509.load_der_x509_certificate(one) for one in material.roots),
        ]
    except ValueError:
        return (_finding(ErrorCode.CERTIFICATE_MALFORMED),)
    return tuple(
        _finding(ErrorCode.CHAIN_INVALID)
        for one in certificates
        if one not in chain and not _issued_by_any(one, known)
    )


def _finding(code: ErrorCode) -> Finding:
    return Finding(Indication.INDETERMINATE, _CHAIN_FAILURE, code, "certificates")


def _issued_by_any(
    certificate: x509.Certificate, known: Sequence[x509.Certificate]
) -> bool:
    named = (one for one in known if one.subject == certificate.issuer)
    return any(_issued_by(certificate, one) for one in named)


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
