"""Rules a certificate must keep before it is signed: one rule, one function.

They look at a copy signed with a throw-away key, so that a mistake in a profile, a name
or the building code never gets a real signature. A rule returns True when it is kept.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from pki.algorithms import is_new_key_allowed
from pki.ca.limits import (
    ANY_HOST,
    PermittedHosts,
    may_name_host,
    name_constraints,
)
from pki.ca.places import PublicPlaces
from pki.ca.profiles import CertificateProfile, NamePart
from pki.ca.template import (
    PRIVATE_KEY_USAGE_PERIOD,
    authority_information_access,
    authority_key_identifier,
    critical_in,
    distribution_points,
    key_use_period,
)
from pki.certificates import key_usage_of, read_certificate
from pki.der import element, generalized_time, sequence
from pki.errors import PkiError
from pki.kinds import DEMO_POLICY
from pki.names import UNREADABLE_CERTIFICATE, agency_of, system_of
from pki.path.name_constraints import constraint_violation
from schemas.errors import ErrorCode

BACKDATING = timedelta(minutes=5)
"""How far notBefore lies back, for peers whose clock is late."""

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

_UPPER_BOUND = 64
_UTC_TIME = 0x17
_FIRST_GENERALIZED_YEAR = 2050
_SERIAL_BITS = 64
_SERIAL_OCTETS = 20
_ALLOWED_EXTENSIONS = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.OCSP_NO_CHECK,
        PRIVATE_KEY_USAGE_PERIOD,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LintCase:
    """One certificate to inspect.

    Args:
        certificate: signed with a throw-away key.
        profile: what it should be.
        issuer: certificate of the CA; None for a root.
        now: the time of issuance.
        demo: it must carry the demo mark.
        places: addresses it must name; none: it must name none.
        hosts: to which a systems CA is held.
    """

    certificate: x509.Certificate
    profile: CertificateProfile
    issuer: x509.Certificate | None
    now: datetime
    demo: bool
    places: PublicPlaces | None = None
    hosts: PermittedHosts = ANY_HOST


_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST_LIKE = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")

LintRule = Callable[[LintCase], bool]


def version_is_3(case: LintCase) -> bool:
    """Certificates with extensions are version 3 (RFC 5280 4.1.2.1)."""
    return case.certificate.version is x509.Version.v3


def serial_is_positive_and_short(case: LintCase) -> bool:
    """Serial numbers are positive, at most 20 octets (RFC 5280 4.1.2.2)."""
    serial = case.certificate.serial_number
    # Twenty octets hold 159 bits of a positive number: the first bit is the sign.
    return 0 < serial < 1 << (8 * _SERIAL_OCTETS - 1)


def serial_is_unpredictable(case: LintCase) -> bool:
    """At least 64 random bits, so no short serials (CA/Browser Forum BR 7.1)."""
    return case.certificate.serial_number.bit_length() >= _SERIAL_BITS


def issuer_is_named_as_it_names_itself(case: LintCase) -> bool:
    """The issuer field equals the CA's subject, and is not empty (4.1.2.4)."""
    issuer = case.issuer or case.certificate
    named = case.certificate.issuer.public_bytes()
    return named == issuer.subject.public_bytes() and bool(list(issuer.subject))


def subject_parts_are_bounded(case: LintCase) -> bool:
    """Each part has 1 to 64 characters (RFC 5280 appendix A.1)."""
    values = [one.value for one in case.certificate.subject]
    return bool(values) and all(1 <= len(one) <= _UPPER_BOUND for one in values)


def subject_has_one_common_name(case: LintCase) -> bool:
    """People read the common name, so there is exactly one (EN 319 412-2 4.2.4)."""
    names = case.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return len(names) == 1


def subject_names_what_its_kind_needs(case: LintCase) -> bool:
    """Persons and seals name an agency, systems a system, servers a host."""
    present = {
        NamePart.AGENCY: agency_of(case.certificate) is not None,
        NamePart.SYSTEM: system_of(case.certificate) is not None,
        NamePart.HOST: _has_host(case.certificate),
    }
    return all(present[part] for part in case.profile.names)


def alternative_names_fit_the_kind(case: LintCase) -> bool:
    """Only servers have host names, only systems a system name."""
    allowed = case.profile.names
    if _has_host(case.certificate) and NamePart.HOST not in allowed:
        return False
    return system_of(case.certificate) is None or NamePart.SYSTEM in allowed


def validity_begins_near_now(case: LintCase) -> bool:
    """No backdating beyond what late clocks need (ETSI EN 319 411-1 hygiene)."""
    begin = case.certificate.not_valid_before_utc
    return case.now - BACKDATING - timedelta(seconds=1) <= begin <= case.now


def validity_is_encoded_by_the_year(case: LintCase) -> bool:
    """UTCTime before 2050, else GeneralizedTime; both end in Z (RFC 5280 4.1.2.5)."""
    begin = case.certificate.not_valid_before_utc
    end = case.certificate.not_valid_after_utc
    wanted = sequence(_encoded_time(begin), _encoded_time(end))
    return wanted in case.certificate.tbs_certificate_bytes


def validity_is_within_profile(case: LintCase) -> bool:
    """Validity ends after it begins and within the profile's lifetime."""
    begin = case.certificate.not_valid_before_utc
    end = case.certificate.not_valid_after_utc
    return begin < end <= case.now + case.profile.lifetime


def validity_is_within_issuer(case: LintCase) -> bool:
    """A certificate never outlives its issuer (ETSI EN 319 411-1)."""
    if case.issuer is None:
        return True
    end = case.certificate.not_valid_after_utc
    return end <= case.issuer.not_valid_after_utc


def key_is_strong(case: LintCase) -> bool:
    """New keys are RSA of 3072 bits or more, P-256 or P-384."""
    return is_new_key_allowed(case.certificate.public_key())


def key_is_not_the_issuers(case: LintCase) -> bool:
    """One key, one role: what is issued has a key other than its CA."""
    if case.issuer is None:
        return True
    return case.certificate.public_key() != case.issuer.public_key()


def extensions_are_known(case: LintCase) -> bool:
    """Nothing is written that no profile asks for; none twice (4.2)."""
    return {one.oid for one in case.certificate.extensions} <= _ALLOWED_EXTENSIONS


def criticality_is_as_required(case: LintCase) -> bool:
    """Basic and name constraints and key usage are critical, nothing else (4.2.1).

    The purpose of a time stamping key is critical as well (RFC 3161 2.3).
    """
    critical = critical_in(case.profile)
    return all(
        one.critical == (one.oid in critical) for one in case.certificate.extensions
    )


def basic_constraints_fit_the_profile(case: LintCase) -> bool:
    """CA flag and path length are the profile's (4.2.1.9)."""
    found = _value(case, x509.BasicConstraints)
    wanted = x509.BasicConstraints(case.profile.is_ca, case.profile.path_length)
    return found == wanted


def name_constraints_fit_the_profile(case: LintCase) -> bool:
    """Issuing CAs are held to the names of their kind, nothing else is (4.2.1.10)."""
    wanted = name_constraints(case.profile, case.hosts)
    return _value(case, x509.NameConstraints) == wanted


def names_are_what_the_issuer_may_name(case: LintCase) -> bool:
    """Nothing is signed that judges would refuse below this CA (4.2.1.10)."""
    if case.issuer is None:
        return True
    path = (read_certificate(case.certificate), read_certificate(case.issuer))
    return constraint_violation(path) is None


def common_name_is_no_host_beyond_the_issuer(case: LintCase) -> bool:
    """A name like a host's is held to constraints on hosts by OpenSSL.

    It does so where there is no DNS name (`NAME_CONSTRAINTS_check_CN`), so that our
    own judgement would pass what most clients refuse.
    """
    names = case.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    hosts = [str(one.value) for one in names if _HOST_LIKE.fullmatch(str(one.value))]
    if case.issuer is None or not hosts or _has_dns_name(case):
        return True
    return all(may_name_host(case.issuer, one) for one in hosts)


def key_usage_fits_the_profile(case: LintCase) -> bool:
    """Exactly the profile's bits, as they are for this kind of key (4.2.1.3)."""
    wanted = case.profile.usage_for(case.certificate.public_key())
    return key_usage_of(case.certificate.extensions) == wanted


def extended_key_usage_fits_the_profile(case: LintCase) -> bool:
    """Exactly the profile's purposes, and no empty extension (4.2.1.12)."""
    found = _value(case, x509.ExtendedKeyUsage)
    wanted = case.profile.extended_key_usage
    return set(found) == wanted if found is not None else not wanted


def purposes_are_what_the_issuer_may_certify(case: LintCase) -> bool:
    """A CA's purposes limit those below it: founded earlier, it may lack one."""
    purposes = _value(case, x509.ExtendedKeyUsage)
    if case.issuer is None or purposes is None or case.profile.is_responder:
        return True
    try:
        above = case.issuer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return True
    return set(purposes) <= set(above.value)


def policies_fit_the_profile(case: LintCase) -> bool:
    """Exactly the profile's policies, and the demo mark where it belongs (4.2.1.4)."""
    found = _value(case, x509.CertificatePolicies)
    named = {one.policy_identifier for one in found or ()}
    return named == case.profile.policies | ({DEMO_POLICY} if case.demo else set())


def subject_key_is_identified(case: LintCase) -> bool:
    """The subject key identifier is the SHA-1 of the key (4.2.1.2 method 1)."""
    public_key = case.certificate.public_key()
    wanted = x509.SubjectKeyIdentifier.from_public_key(public_key)
    return _value(case, x509.SubjectKeyIdentifier) == wanted


def issuer_key_is_identified(case: LintCase) -> bool:
    """The authority key identifier is the issuer's subject key identifier (4.2.1.1)."""
    found = _value(case, x509.AuthorityKeyIdentifier)
    if case.issuer is None:
        return found is None
    return found == authority_key_identifier(case.issuer)


def places_are_the_hierarchys(case: LintCase) -> bool:
    """Addresses are exactly those of the hierarchy, or there are none (4.2.2.1)."""
    access = _value(case, x509.AuthorityInformationAccess)
    points = _value(case, x509.CRLDistributionPoints)
    if case.places is None:
        return access is None and points is None
    return access == authority_information_access(
        case.places
    ) and points == distribution_points(case.places)


def only_responders_skip_revocation(case: LintCase) -> bool:
    """Responders are not checked themselves, all others are (RFC 6960 4.2.2.2.1)."""
    return (_value(case, x509.OCSPNoCheck) is not None) is case.profile.is_responder


def key_use_period_fits_the_profile(case: LintCase) -> bool:
    """The key of a time stamping authority is renewed in time (EN 319 421 7.7.1)."""
    begin = case.certificate.not_valid_before_utc
    wanted = key_use_period(begin, case.profile)
    return _value(case, x509.PrivateKeyUsagePeriod) == wanted


RULES: tuple[LintRule, ...] = (
    version_is_3,
    serial_is_positive_and_short,
    serial_is_unpredictable,
    issuer_is_named_as_it_names_itself,
    subject_parts_are_bounded,
    subject_has_one_common_name,
    subject_names_what_its_kind_needs,
    alternative_names_fit_the_kind,
    validity_begins_near_now,
    validity_is_encoded_by_the_year,
    validity_is_within_profile,
    validity_is_within_issuer,
    key_is_strong,
    key_is_not_the_issuers,
    extensions_are_known,
    criticality_is_as_required,
    basic_constraints_fit_the_profile,
    name_constraints_fit_the_profile,
    names_are_what_the_issuer_may_name,
    common_name_is_no_host_beyond_the_issuer,
    key_usage_fits_the_profile,
    extended_key_usage_fits_the_profile,
    purposes_are_what_the_issuer_may_certify,
    policies_fit_the_profile,
    subject_key_is_identified,
    issuer_key_is_identified,
    places_are_the_hierarchys,
    only_responders_skip_revocation,
    key_use_period_fits_the_profile,
)


def lint(case: LintCase) -> tuple[str, ...]:
    """Return the names of the rules that are broken."""
    return tuple(rule.__name__ for rule in RULES if not _is_kept(rule, case))


def refuse_if_broken(case: LintCase) -> None:
    """Let pass only what keeps every rule.

    Raises:
        PkiError: a rule is broken; the place names the rules.
    """
    if broken := lint(case):
        raise PkiError(ErrorCode.LINT_REFUSED, place=", ".join(broken))


def _is_kept(rule: LintRule, case: LintCase) -> bool:
    try:
        return rule(case)
    except (PkiError, *UNREADABLE_CERTIFICATE):
        return False


def _encoded_time(at: datetime) -> bytes:
    if at.year >= _FIRST_GENERALIZED_YEAR:
        return generalized_time(at)
    return element(_UTC_TIME, f"{at:%y%m%d%H%M%SZ}".encode())


def _value(case: LintCase, kind: type[_Kind]) -> _Kind | None:
    try:
        return case.certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _has_dns_name(case: LintCase) -> bool:
    names = _value(case, x509.SubjectAlternativeName)
    return names is not None and bool(names.get_values_for_type(x509.DNSName))


def _has_host(certificate: x509.Certificate) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except x509.ExtensionNotFound:
        return False
    hosts = names.get_values_for_type(x509.DNSName)
    return bool(hosts or names.get_values_for_type(x509.IPAddress))
