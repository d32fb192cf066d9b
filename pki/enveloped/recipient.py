"""Whether a certificate is one to encrypt to for an agency, before anything is.

What is encrypted to a stranger's key cannot be taken back, so all of it is checked:
chain, revocation, dates, purpose, and that it names the agency.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509 import Certificate

from pki.enveloped.content_key import require_recipient
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE, agency_of
from pki.path.judging import judge_chain
from pki.purposes import KeyPurpose
from pki.trust import TrustStore
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.verdict import Indication


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A certificate somebody says to encrypt to.

    Args:
        codes: of the agency, in either form; the first names it in refusals.
        certificate: DER.
        chain: DER of certificates that came with it.
    """

    codes: Sequence[OrganId]
    certificate: bytes
    chain: Sequence[bytes] = ()


def certified_recipient(
    claim: Claim, *, trust: TrustStore, at: datetime
) -> Certificate:
    """Return a certificate that is the agency's to be encrypted to now.

    Raises:
        PkiError: it is not for this, or not the agency's
            (ENCRYPTION_CERTIFICATE_UNSUITABLE); it was revoked, ran out, or does not
            lead to a root (the code of that); the agency is named.
    """
    agency = claim.codes[0]
    try:
        certificate = x509.load_der_x509_certificate(claim.certificate)
        require_recipient(certificate)
    except (PkiError, *UNREADABLE_CERTIFICATE) as error:
        raise _unsuitable(agency) from error
    judgement = judge_chain(
        certificate,
        intermediates=claim.chain,
        trust=trust,
        at=at,
        usage=KeyPurpose.ENCRYPTION,
    )
    if judgement.indication is not Indication.TOTAL_PASSED:
        codes = (one.code for one in judgement.reasons)
        raise PkiError(next(codes, ErrorCode.CHAIN_INVALID), place=agency)
    _require_named(certificate, claim.codes)
    return certificate


def _require_named(certificate: Certificate, codes: Collection[OrganId]) -> None:
    if agency_of(certificate) not in codes:
        raise _unsuitable(next(iter(codes)))


def _unsuitable(agency: OrganId) -> PkiError:
    return PkiError(ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE, place=agency)
