"""What each kind of certificate looks like, as validated data.

Sources: RFC 5280 section 4.2, CA/Browser Forum BR 7.1 (serial, validity order),
ETSI EN 319 412-2 and -3 (people, organisations), Decree 68/2024 (holders). The limits
are stricter than the sources: people hold a certificate for at most three years.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.errors import PkiError
from pki.kinds import (
    DOCUMENT_SIGNING,
    KIND_POLICIES,
    LOG_SIGNING,
    RECEIPT_SIGNING,
    RESPONDERS,
    CertificateKind,
)
from pki.purposes import PURPOSE_RULES
from schemas.errors import ErrorCode

_YEAR = timedelta(days=365)

RESPONDER_LIFETIME = timedelta(days=30)
"""A responder is not checked for revocation, so it must not live long (RFC 6960
4.2.2.2.1)."""

_RESPONDER_PURPOSE = frozenset({ExtendedKeyUsageOID.OCSP_SIGNING})
_TIME_STAMPING = frozenset({ExtendedKeyUsageOID.TIME_STAMPING})
_ENCRYPTION_USAGE = frozenset({"key_encipherment", "key_agreement"})
_HANDSHAKE_USAGE = frozenset({"digital_signature"})


class NamePart(StrEnum):
    """What a subject must name besides its common name."""

    AGENCY = "agency"
    SYSTEM = "system"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProfile:
    """One kind of certificate.

    Args:
        kind: which.
        issuer: kind of the CA that issues it; its own kind for the root.
        lifetime: longest validity.
        key_usage: exactly these bits; of those that encrypt, the one for the key.
        extended_key_usage: exactly these purposes; none: no extension.
        policies: exactly these certificate policies, besides the demo mark.
        path_length: CAs that may follow below; None for what is not a CA.
        names: what the subject must name.
        key_use: how long the key signs, where that is shorter than the lifetime.
    """

    kind: CertificateKind
    issuer: CertificateKind
    lifetime: timedelta
    key_usage: frozenset[str]
    extended_key_usage: frozenset[ObjectIdentifier] = frozenset()
    policies: frozenset[ObjectIdentifier] = frozenset()
    path_length: int | None = None
    names: frozenset[NamePart] = frozenset()
    key_use: timedelta | None = None

    @property
    def is_ca(self) -> bool:
        """Whether certificates of this kind may sign others."""
        return self.path_length is not None

    def usage_for(self, key: object) -> frozenset[str]:
        """Return the bits of a certificate for `key`.

        Others encipher to an RSA key (RFC 3279 2.3.1) and agree with one on a curve
        (RFC 5480 3).
        """
        if not self.key_usage & _ENCRYPTION_USAGE:
            return self.key_usage
        is_rsa = isinstance(key, RSAPublicKey)
        return frozenset({"key_encipherment" if is_rsa else "key_agreement"})

    @property
    def is_responder(self) -> bool:
        """Whether certificates of this kind answer for their CA (RFC 6960 4.2.2.2)."""
        return self.kind in RESPONDERS.values()

    @property
    def is_time_stamping(self) -> bool:
        """Whether certificates of this kind sign time stamps (RFC 3161 2.3)."""
        return self.extended_key_usage == _TIME_STAMPING


_CA_USAGE = frozenset({"key_cert_sign", "crl_sign"})
_SIGNER_USAGE = frozenset({"digital_signature", "content_commitment"})
# E-mail protection lets readers without RFC 9336 (NSS, older viewers) accept it.
_DOCUMENT = frozenset({DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION})


def _end(
    kind: CertificateKind,
    issuer: CertificateKind,
    *,
    years: int,
    extended: frozenset[ObjectIdentifier],
    names: frozenset[NamePart] = frozenset(),
    key_usage: frozenset[str] = _SIGNER_USAGE,
) -> CertificateProfile:
    return CertificateProfile(
        kind=kind,
        issuer=issuer,
        lifetime=years * _YEAR,
        key_usage=key_usage,
        extended_key_usage=extended,
        policies=frozenset({KIND_POLICIES[kind]}),
        names=names,
    )


_ENDS = (
    _end(
        CertificateKind.PERSON,
        CertificateKind.ISSUING_PERSONS,
        years=3,
        extended=_DOCUMENT,
        names=frozenset({NamePart.AGENCY}),
    ),
    # A key that commits to documents answers no handshake (EN 319 412-2 4.3.2).
    _end(
        CertificateKind.SIGN_IN,
        CertificateKind.ISSUING_PERSONS,
        years=2,
        extended=frozenset({ExtendedKeyUsageOID.CLIENT_AUTH}),
        names=frozenset({NamePart.AGENCY}),
        key_usage=_HANDSHAKE_USAGE,
    ),
    _end(
        CertificateKind.AGENCY_SEAL,
        CertificateKind.ISSUING_ORGANISATIONS,
        years=3,
        extended=_DOCUMENT,
        names=frozenset({NamePart.AGENCY}),
    ),
    # A key that others encrypt to is lost or handed over one day; it signs nothing.
    _end(
        CertificateKind.AGENCY_ENCRYPTION,
        CertificateKind.ISSUING_ORGANISATIONS,
        years=2,
        extended=frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION}),
        names=frozenset({NamePart.AGENCY}),
        key_usage=_ENCRYPTION_USAGE,
    ),
    _end(
        CertificateKind.SYSTEM,
        CertificateKind.ISSUING_SYSTEMS,
        years=2,
        extended=frozenset({ExtendedKeyUsageOID.CLIENT_AUTH}),
        names=frozenset({NamePart.AGENCY, NamePart.SYSTEM}),
    ),
    _end(
        CertificateKind.TLS_SERVER,
        CertificateKind.ISSUING_SYSTEMS,
        years=1,
        extended=frozenset({ExtendedKeyUsageOID.SERVER_AUTH}),
        names=frozenset({NamePart.HOST}),
        key_usage=_HANDSHAKE_USAGE,
    ),
    _end(
        CertificateKind.RECEIPT,
        CertificateKind.ISSUING_SYSTEMS,
        years=3,
        extended=frozenset({RECEIPT_SIGNING}),
    ),
    _end(
        CertificateKind.LOG,
        CertificateKind.ISSUING_SYSTEMS,
        years=3,
        extended=frozenset({LOG_SIGNING}),
    ),
    # A new key every year; what it stamped can be judged for years (EN 319 421 7.7.1).
    replace(
        _end(
            CertificateKind.TSA,
            CertificateKind.ISSUING_SYSTEMS,
            years=5,
            extended=_TIME_STAMPING,
        ),
        key_use=_YEAR,
    ),
)


def _responder(issuer: CertificateKind, kind: CertificateKind) -> CertificateProfile:
    return CertificateProfile(
        kind=kind,
        issuer=issuer,
        lifetime=RESPONDER_LIFETIME,
        key_usage=_HANDSHAKE_USAGE,
        extended_key_usage=_RESPONDER_PURPOSE,
        policies=frozenset({KIND_POLICIES[kind]}),
    )


_RESPONDERS = tuple(_responder(issuer, kind) for issuer, kind in RESPONDERS.items())


def _issuing(kind: CertificateKind) -> CertificateProfile:
    """Describe an issuing CA: it may do what the kinds below it need, no more.

    OCSP signing is left out: in a certificate signed by the root it would make the
    issuing CA a responder for the root, and so for the other issuing CAs.
    """
    below = [one for one in _ENDS if one.issuer is kind]
    return CertificateProfile(
        kind=kind,
        issuer=CertificateKind.ROOT,
        lifetime=10 * _YEAR,
        key_usage=_CA_USAGE,
        extended_key_usage=frozenset().union(
            *(one.extended_key_usage for one in below)
        ),
        policies=frozenset({KIND_POLICIES[RESPONDERS[kind]]}).union(
            *(one.policies for one in below)
        ),
        path_length=0,
    )


_ROOT = CertificateProfile(
    kind=CertificateKind.ROOT,
    issuer=CertificateKind.ROOT,
    lifetime=20 * _YEAR,
    key_usage=_CA_USAGE,
    path_length=1,
)

ISSUING_KINDS = (
    CertificateKind.ISSUING_PERSONS,
    CertificateKind.ISSUING_ORGANISATIONS,
    CertificateKind.ISSUING_SYSTEMS,
)

PROFILES: Mapping[CertificateKind, CertificateProfile] = MappingProxyType(
    {
        one.kind: one
        for one in (_ROOT, *map(_issuing, ISSUING_KINDS), *_ENDS, *_RESPONDERS)
    }
)


def check_profiles(profiles: Mapping[CertificateKind, CertificateProfile]) -> None:
    """Check that the profiles agree with each other and with `pki.purposes`.

    Raises:
        PkiError: the set is inconsistent; the place names the kind.
    """
    for kind in CertificateKind:
        profile = profiles.get(kind)
        if profile is None or profile.kind is not kind:
            raise PkiError(ErrorCode.PROFILE_INVALID, place=kind)
        issuer = profiles.get(profile.issuer)
        if issuer is None or not _is_consistent(profile, issuer):
            raise PkiError(ErrorCode.PROFILE_INVALID, place=kind)


def _is_consistent(profile: CertificateProfile, issuer: CertificateProfile) -> bool:
    if profile.lifetime <= timedelta() or profile.lifetime > issuer.lifetime:
        return False
    if not _fits_below(profile, issuer):
        return False
    if profile.is_ca:
        answers = profile.extended_key_usage & _RESPONDER_PURPOSE
        return profile.key_usage == _CA_USAGE and not answers
    if profile.is_responder:
        return _is_bound_responder(profile)
    if profile.is_time_stamping and profile.key_use is None:
        return False
    return not profile.key_usage & _CA_USAGE and _serves_a_purpose(profile)


def _fits_below(profile: CertificateProfile, issuer: CertificateProfile) -> bool:
    if profile.kind is profile.issuer:
        return profile.is_ca
    if issuer.path_length is None:
        return False
    if profile.path_length is not None:
        return profile.path_length < issuer.path_length
    if not issuer.policies >= profile.policies:
        return False
    return profile.is_responder or (
        issuer.extended_key_usage >= profile.extended_key_usage
    )


def _is_bound_responder(profile: CertificateProfile) -> bool:
    return (
        RESPONDERS.get(profile.issuer) is profile.kind
        and profile.lifetime <= RESPONDER_LIFETIME
        and profile.key_usage == _HANDSHAKE_USAGE
        and profile.extended_key_usage == _RESPONDER_PURPOSE
    )


def _serves_a_purpose(profile: CertificateProfile) -> bool:
    return any(
        profile.kind in rule.kinds
        and bool(profile.key_usage & rule.key_usage)
        and bool(profile.extended_key_usage & rule.extended)
        for rule in PURPOSE_RULES.values()
    )
