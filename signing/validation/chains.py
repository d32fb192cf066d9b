"""The certificates of a signature: its chain, and what came along without use."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256

from pki.certificates import ReadCertificate, read_certificate
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.path.judging import ChainJudgement
from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial, read_certificates
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.profiles import ROLES
from signing.validation.findings import Finding

_PURPOSE_OF_KIND = {
    CertificateKind.PERSON: KeyPurpose.DOCUMENT_PERSON,
    CertificateKind.AGENCY_SEAL: KeyPurpose.DOCUMENT_SEAL,
}
_PURPOSES = {
    role.field_name: _PURPOSE_OF_KIND[role.certificate_kind] for role in ROLES.values()
}
"""A seal where a person signs, or a person where the agency seals, is no such act."""

_CHAIN_FAILURE = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def purpose_in(field: str) -> KeyPurpose:
    """Return what a signature in this form field asks of the signer's certificate.

    Args:
        field: its name; those of our roles say who may sign there.
    """
    return _PURPOSES.get(field, KeyPurpose.DOCUMENT_ANY)


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
        certificates = [read_certificate(one) for one in embedded]
    except PkiError as error:
        return (_finding(error.code),)
    used = {one.fingerprint(SHA256()) for one in chain}
    at_hand = read_certificates((*material.intermediates, *material.roots))
    known = (*certificates, *at_hand)
    return tuple(
        _finding(ErrorCode.CHAIN_INVALID)
        for one in certificates
        if one.fingerprint not in used and not _issued_by_any(one, known)
    )


def _finding(code: ErrorCode) -> Finding:
    return Finding(Indication.INDETERMINATE, _CHAIN_FAILURE, code, "certificates")


def _issued_by_any(
    certificate: ReadCertificate, known: Sequence[ReadCertificate]
) -> bool:
    return any(
        one.may_have_issued(certificate) and _signature_holds(certificate, one)
        for one in known
    )


def _signature_holds(certificate: ReadCertificate, issuer: ReadCertificate) -> bool:
    try:
        certificate.certificate.verify_directly_issued_by(issuer.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
