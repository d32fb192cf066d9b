"""Whether certificates may stand where they stand on a path (RFC 5280 6.1.3 to 6.1.5).

`cryptography.x509.verification` is asked as well, for every path it can judge: it
refuses critical constraints on directory names and everything about policy mapping
without looking at the names or policies themselves.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from pki.certificates import ReadCertificate

_SERIAL_OCTETS = 20

UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
"""Extensions that may be critical, since every path is judged by them."""

_BEYOND_THE_LIBRARY = frozenset(
    {
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
    }
)
_JUDGED_BY_THE_LIBRARY = (x509.DNSName, x509.IPAddress, x509.RFC822Name)


def misplaced(path: Sequence[ReadCertificate]) -> ReadCertificate | None:
    """Find the first certificate that may not stand where it stands.

    Args:
        path: end certificate first, anchor last.
    """
    leaf, *authorities = path
    for one in path[:-1]:
        if ExtensionOID.AUTHORITY_KEY_IDENTIFIER not in one.extensions:  # 4.2.1.1
            return one
    for one in path:
        if not _is_well_formed(one) or not one.critical_extensions <= UNDERSTOOD:
            return one
    if leaf.name_constraints is not None:
        return leaf
    below = 0
    for one in authorities:
        if not _may_certify(one) or _is_too_far_up(one, below):
            return one
        below += not one.is_self_issued
    return None


def is_judged_by_library(path: Sequence[ReadCertificate]) -> bool:
    """Tell whether the library can judge the path rather than refuse it unseen."""
    return not any(
        one.extensions & _BEYOND_THE_LIBRARY or not _has_plain_constraints(one)
        for one in path
    )


def _is_well_formed(one: ReadCertificate) -> bool:
    certificate = one.certificate
    subject_is_stated = bool(certificate.subject) or (
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME in one.critical_extensions  # 4.1.2.6
    )
    return (
        certificate.version is x509.Version.v3
        and one.serial.bit_length() < 8 * _SERIAL_OCTETS  # positive: 4.1.2.2
        and bool(certificate.issuer)
        and subject_is_stated
    )


def _may_certify(one: ReadCertificate) -> bool:
    """Tell whether it is a CA whose key signs certificates (6.1.4 (k), (n))."""
    usage = one.key_usage
    return one.is_ca and (usage is None or "key_cert_sign" in usage)


def _is_too_far_up(one: ReadCertificate, below: int) -> bool:
    """Tell whether more CAs follow than it allows (6.1.4 (l), (m))."""
    return one.path_length is not None and below > one.path_length


def _has_plain_constraints(one: ReadCertificate) -> bool:
    found = one.name_constraints
    if found is None:
        return True
    subtrees = (*(found.permitted_subtrees or ()), *(found.excluded_subtrees or ()))
    return all(isinstance(subtree, _JUDGED_BY_THE_LIBRARY) for subtree in subtrees)
