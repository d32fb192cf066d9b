"""From a profile to a certificate ready to be signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from pki.ca.limits import ANY_HOST, PermittedHosts, name_constraints
from pki.ca.places import PublicPlaces
from pki.ca.profiles import CertificateProfile
from pki.certificates import KEY_USAGES
from pki.keys.api import PublicKey
from pki.kinds import DEMO_POLICY
from pki.names import SubjectFields, alternative_names, subject_name

# RFC 5280 4.2.1: what is critical wherever this project writes it.
CRITICAL = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.NAME_CONSTRAINTS,
    }
)

PRIVATE_KEY_USAGE_PERIOD = x509.PrivateKeyUsagePeriod.oid


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePlan:
    """Everything a certificate will say.

    Args:
        profile: its kind.
        names: whom it names.
        public_key: whose key.
        issuer: certificate of the CA; None for a root.
        serial: serial number.
        not_before: begin of validity.
        not_after: end of validity.
        demo: it stands under a demo root and says so.
        places: addresses it names; none where the hierarchy publishes nowhere.
        hosts: to which a systems CA is held.
    """

    profile: CertificateProfile
    names: SubjectFields
    public_key: PublicKey
    issuer: x509.Certificate | None
    serial: int
    not_before: datetime
    not_after: datetime
    demo: bool
    places: PublicPlaces | None = None
    hosts: PermittedHosts = ANY_HOST


def builder_for(plan: CertificatePlan) -> x509.CertificateBuilder:
    """Return the certificate, unsigned.

    Raises:
        PkiError: a name is malformed or too long.
    """
    subject = subject_name(plan.names)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(plan.issuer.subject if plan.issuer else subject)
        .public_key(plan.public_key)
        .serial_number(plan.serial)
        .not_valid_before(plan.not_before)
        .not_valid_after(plan.not_after)
    )
    for extension in _extensions(plan):
        critical = extension.oid in critical_in(plan.profile)
        builder = builder.add_extension(extension, critical)
    return builder


def critical_in(profile: CertificateProfile) -> frozenset[x509.ObjectIdentifier]:
    """Return which extensions are critical in certificates of this kind."""
    if profile.is_time_stamping:
        return CRITICAL | {ExtensionOID.EXTENDED_KEY_USAGE}  # RFC 3161 2.3
    return CRITICAL


def key_use_period(
    begin: datetime, profile: CertificateProfile
) -> x509.PrivateKeyUsagePeriod | None:
    """Return when the key may sign, if that is stated (RFC 3280 4.2.1.4)."""
    if profile.key_use is None:
        return None
    # The library reads these times back without a zone, and compares them so.
    start = begin.astimezone(UTC).replace(tzinfo=None)
    return x509.PrivateKeyUsagePeriod(start, start + profile.key_use)


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return the identifier of the issuer's key (RFC 5280 4.2.1.1).

    Raises:
        x509.ExtensionNotFound: the issuer has none; `Authority` refuses such.
    """
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _extensions(plan: CertificatePlan) -> Iterator[x509.ExtensionType]:
    profile = plan.profile
    yield x509.BasicConstraints(profile.is_ca, profile.path_length)
    yield _key_usage(profile.usage_for(plan.public_key))
    yield x509.SubjectKeyIdentifier.from_public_key(plan.public_key)
    if plan.issuer:
        yield authority_key_identifier(plan.issuer)
    if profile.extended_key_usage:
        yield x509.ExtendedKeyUsage(_sorted(profile.extended_key_usage))
    policies = profile.policies | ({DEMO_POLICY} if plan.demo else set())
    if policies:
        yield x509.CertificatePolicies(
            [x509.PolicyInformation(oid, None) for oid in _sorted(policies)]
        )
    yield from _names(plan)
    if period := key_use_period(plan.not_before, profile):
        yield period
    if plan.places:
        yield authority_information_access(plan.places)
        yield distribution_points(plan.places)
    if profile.is_responder:
        yield x509.OCSPNoCheck()


def _names(plan: CertificatePlan) -> Iterator[x509.ExtensionType]:
    if constraints := name_constraints(plan.profile, plan.hosts):
        yield constraints
    if names := alternative_names(plan.names):
        yield x509.SubjectAlternativeName(names)


def authority_information_access(
    places: PublicPlaces,
) -> x509.AuthorityInformationAccess:
    """Return where the responder and the issuer's certificate are (4.2.2.1)."""
    named = (
        (AuthorityInformationAccessOID.OCSP, places.ocsp),
        (AuthorityInformationAccessOID.CA_ISSUERS, places.issuer),
    )
    return x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
            for method, url in named
            if url
        ]
    )


def distribution_points(places: PublicPlaces) -> x509.CRLDistributionPoints:
    """Return where the issuer's list is (4.2.1.13)."""
    url = x509.UniformResourceIdentifier(places.revocation_list)
    return x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)])


def _key_usage(bits: frozenset[str]) -> x509.KeyUsage:
    stated = {usage: usage in bits for usage in KEY_USAGES}
    return x509.KeyUsage(**stated, encipher_only=False, decipher_only=False)


def _sorted(oids: frozenset[x509.ObjectIdentifier]) -> list[x509.ObjectIdentifier]:
    return sorted(oids, key=lambda oid: oid.dotted_string)
