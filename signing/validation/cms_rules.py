"""The rules on the CMS of one signature (EN 319 142-1 6.3, RFC 5652, RFC 5035)."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import new as new_digest
from hmac import compare_digest

from pki.algorithms import SCHEMES
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from signing.validation.cms import CmsSignature
from signing.validation.findings import Finding
from signing.validation.limits import MAX_CERTIFICATES
from signing.validation.unsigned import SIGNATURE_TIME_STAMP

_DATA = bytes.fromhex("06092a864886f70d010701")
_BY_ISSUER = (1, 1)
_BY_KEY_IDENTIFIER = (3, 3)

_FORMAT = (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
_ALGORITHM = (
    Indication.INDETERMINATE,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
)
_SIGNER = (Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def not_one_signer(cms: CmsSignature) -> bool:
    """Tell whether there is other than one SignerInfo."""
    return cms.signer_count != 1


def carries_content(cms: CmsSignature) -> bool:
    """Tell whether it holds more than certificates and a detached signature."""
    return cms.content is not None or cms.content_type != _DATA or cms.other_content


def versions_wrong(cms: CmsSignature) -> bool:
    """Tell whether a version does not follow from the rest (RFC 5652 5.1, 5.3)."""
    return cms.versions != (_BY_ISSUER if cms.names_issuer else _BY_KEY_IDENTIFIER)


def too_many_certificates(cms: CmsSignature) -> bool:
    """Tell whether more certificates came along than a path may need."""
    return len(cms.certificates) > MAX_CERTIFICATES


def attributes_missing(cms: CmsSignature) -> bool:
    """Tell whether content-type or message-digest is not signed, once each."""
    attributes = cms.attributes
    return (
        attributes is None
        or attributes.repeated
        or attributes.content_type != cms.content_type
        or not attributes.message_digest
    )


def certificate_not_bound(cms: CmsSignature) -> bool:
    """Tell whether signing-certificate-v2 is absent."""
    return cms.attributes is None or cms.attributes.binding is None


def certificate_absent(cms: CmsSignature) -> bool:
    """Tell whether the certificate of the signer is not in the signature."""
    return cms.certificate is None


def bound_to_another(cms: CmsSignature) -> bool:
    """Tell whether signing-certificate-v2, where present, names another certificate."""
    binding = cms.attributes.binding if cms.attributes else None
    if binding is None:
        return False
    if not binding.digest or cms.certificate is None:
        return True
    digest = new_digest(binding.digest, cms.certificate).digest()
    return not compare_digest(digest, binding.value)


def unsigned_not_a_stamp(cms: CmsSignature) -> bool:
    """Tell whether more stands beside what is signed than one time stamp on it.

    Counter-signatures, archived revocation data and evidence records are not judged
    here (EN 319 142-1 6.3 has the first two excluded), and what is not judged may not
    stand where anybody may write.
    """
    if cms.unsigned is None:
        return False
    shapes = [(one.kind, len(one.values)) for one in cms.unsigned]
    return shapes != [(SIGNATURE_TIME_STAMP, 1)]


def algorithm_not_listed(cms: CmsSignature) -> bool:
    """Tell whether the digest or the signature algorithm is not on the list."""
    return not cms.digest or cms.scheme is None


def digest_does_not_fit(cms: CmsSignature) -> bool:
    """Tell whether the digests named in three places differ."""
    if cms.scheme is None or not cms.digest:
        return False
    return cms.digests != (cms.digest,) or SCHEMES[cms.scheme].hash_name != cms.digest


def protects_others(cms: CmsSignature) -> bool:
    """Tell whether CMSAlgorithmProtection, where present, names other algorithms."""
    return cms.protects_others


@dataclass(frozen=True, slots=True)
class CmsRule:
    """One rule and what its breach means."""

    broken: Callable[[CmsSignature], bool]
    code: ErrorCode
    meaning: tuple[Indication, SubIndication]


COMMON_RULES = (
    CmsRule(not_one_signer, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(carries_content, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(versions_wrong, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(too_many_certificates, ErrorCode.LIMIT_EXCEEDED, _FORMAT),
    CmsRule(attributes_missing, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(algorithm_not_listed, ErrorCode.SIGNATURE_ALGORITHM_REFUSED, _ALGORITHM),
    CmsRule(digest_does_not_fit, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(protects_others, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(certificate_absent, ErrorCode.SIGNING_CERTIFICATE_MISMATCH, _SIGNER),
    CmsRule(bound_to_another, ErrorCode.SIGNING_CERTIFICATE_MISMATCH, _SIGNER),
)
"""What every signature must keep."""

PADES_RULES = (
    *COMMON_RULES,
    CmsRule(certificate_not_bound, ErrorCode.CMS_INVALID, _FORMAT),
    CmsRule(unsigned_not_a_stamp, ErrorCode.CMS_INVALID, _FORMAT),
)
"""What a PAdES signature must keep besides."""


def broken_cms_rules(
    cms: CmsSignature, rules: tuple[CmsRule, ...]
) -> tuple[Finding, ...]:
    """Return a finding for every rule that `cms` breaks."""
    return tuple(
        Finding(*rule.meaning, rule.code) for rule in rules if rule.broken(cms)
    )
