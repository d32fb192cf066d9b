"""Whether a request may be certified as ordered: facts in, a coded refusal out.

Nothing a request says gets into a certificate but its key. A request that asks for
something else than was ordered is refused all the same: whoever made it expects a
certificate he would not get, or tries what he should not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.ca.profiles import PROFILES, CertificateProfile, NamePart
from pki.ca.requests import CertificateRequest
from pki.certificates import key_usage_of
from pki.errors import PkiError
from pki.names import (
    AGENCY_URN,
    SYSTEM_URN,
    UNREADABLE_CERTIFICATE,
    SubjectFields,
    alternative_names,
    is_same_name,
    stated_names,
    subject_name,
)
from pki.registration.records import EnrolmentOrder, KnownAgency
from pki.registry.api import RegisteredCertificate
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

_ALLOWED = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.SubjectKeyIdentifier,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFacts:
    """What an order is judged by.

    Args:
        now: the time.
        issuer_ends: end of validity of the CA that would issue; None if unknown here.
        agencies: known agencies by code; where none is open, others are taken too.
    """

    now: datetime
    issuer_ends: datetime | None
    agencies: Mapping[OrganId, KnownAgency]


def check_order(order: EnrolmentOrder, facts: DeskFacts) -> None:
    """Check what is ordered.

    Raises:
        PkiError: a kind no request is for, or a name malformed or missing
            (ISSUANCE_REFUSED); AGENCY_UNKNOWN, AGENCY_CLOSED, VALIDITY_TOO_LONG.
    """
    profile = PROFILES[order.kind]
    if profile.is_ca or profile.is_responder:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=order.kind)
    texts = (order.names.common_name, order.names.organisation, order.names.unit)
    if not all(one.isprintable() for one in texts):
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="subject")
    subject_name(order.names)
    alternative_names(order.names)
    for part in profile.names:
        if not _has(order.names, part):
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=part)
    _check_agency(order.names.organ_id, facts)
    _check_validity(order.days, profile, facts)


def is_read_in(agencies: Mapping[OrganId, KnownAgency], now: datetime) -> bool:
    """Tell whether a directory is known, so that codes beyond it are refused.

    Before one is read in, a merger may have closed agencies.
    """
    return any(not one.is_closed(now) for one in agencies.values())


def check_request(request: CertificateRequest, order: EnrolmentOrder) -> None:
    """Check that a request asks for nothing but what is ordered.

    Raises:
        PkiError: REQUEST_NAMES_OTHER_AGENCY, REQUEST_ASKS_FOR_CA,
            REQUEST_EXTENSION_REFUSED.
    """
    try:
        _check_subject(request.subject, order.names)
        for extension in request.extensions:
            _check_extension(extension, order)
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="PKCS #10") from error


def check_key(
    holders: tuple[RegisteredCertificate, ...], order: EnrolmentOrder, now: datetime
) -> None:
    """Check that a key is new, or is renewed for whom it was certified before.

    A key may be kept while it has served no longer than the lifetime of its kind, so
    that none serves for more than two.

    Args:
        holders: what was issued for the key.
        order: what is asked for.
        now: the time.

    Raises:
        PkiError: certified for somebody or something else, or revoked (KEY_REUSED), or
            in use for too long (RENEWAL_KEY_TOO_OLD).
    """
    if not all(answers(one, order) and one.revoked_at is None for one in holders):
        raise PkiError(ErrorCode.KEY_REUSED)
    first = min((one.issued_at for one in holders), default=now)
    if now - first > PROFILES[order.kind].lifetime:
        raise PkiError(ErrorCode.RENEWAL_KEY_TOO_OLD)


def answers(entry: RegisteredCertificate, order: EnrolmentOrder) -> bool:
    """Tell whether a certificate is of the kind and names ordered."""
    if entry.kind is not order.kind:
        return False
    certificate = x509.load_der_x509_certificate(entry.der)
    return is_named(certificate, order.names)


def is_named(certificate: x509.Certificate, names: SubjectFields) -> bool:
    """Tell whether a certificate of ours names exactly these."""
    same_names = tuple(stated_names(certificate)) == alternative_names(names)
    return same_names and is_same_name(certificate.subject, subject_name(names))


def _has(names: SubjectFields, part: NamePart) -> bool:
    if part is NamePart.AGENCY:
        return names.organ_id is not None
    if part is NamePart.SYSTEM:
        return names.system_id is not None
    return bool(names.dns_names or names.ip_addresses)


def _check_agency(code: OrganId | None, facts: DeskFacts) -> None:
    if code is None:
        return
    known = facts.agencies.get(code)
    if known is not None and known.is_closed(facts.now):
        raise PkiError(ErrorCode.AGENCY_CLOSED, place=code)
    if known is None and is_read_in(facts.agencies, facts.now):
        raise PkiError(ErrorCode.AGENCY_UNKNOWN, place=code)


def _check_validity(
    days: int | None, profile: CertificateProfile, facts: DeskFacts
) -> None:
    if days is None:
        return
    lifetime = timedelta(days=days)
    if lifetime <= timedelta():
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="validity")
    past_issuer = facts.issuer_ends and facts.now + lifetime > facts.issuer_ends
    if lifetime > profile.lifetime or past_issuer:
        raise PkiError(ErrorCode.VALIDITY_TOO_LONG, place=f"{days}")


def _check_subject(subject: x509.Name, names: SubjectFields) -> None:
    for stated in subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER):
        if stated.value != names.organ_id:
            raise _other_agency(stated.value)


def _check_extension(
    extension: x509.Extension[x509.ExtensionType], order: EnrolmentOrder
) -> None:
    value, profile = extension.value, PROFILES[order.kind]
    if isinstance(value, x509.BasicConstraints) and value.ca:
        raise PkiError(ErrorCode.REQUEST_ASKS_FOR_CA)
    if isinstance(value, x509.SubjectAlternativeName):
        _check_alternative_names(value, order.names)
    elif not isinstance(value, _ALLOWED) or not _is_within(value, profile):
        raise _refused(extension.oid)


def _is_within(value: x509.ExtensionType, profile: CertificateProfile) -> bool:
    if isinstance(value, x509.KeyUsage):
        extensions = x509.Extensions([x509.Extension(value.oid, False, value)])
        return (key_usage_of(extensions) or frozenset()) <= profile.key_usage
    if isinstance(value, x509.ExtendedKeyUsage):
        return frozenset(value) <= profile.extended_key_usage
    return True


def _check_alternative_names(
    stated: x509.SubjectAlternativeName, names: SubjectFields
) -> None:
    ordered = alternative_names(names)
    for one in stated:
        if one in ordered:
            continue
        if isinstance(one, x509.UniformResourceIdentifier) and _names_holder(one.value):
            raise _other_agency(one.value)
        raise _refused(x509.SubjectAlternativeName.oid)


def _names_holder(uri: str) -> bool:
    return uri.casefold().startswith((AGENCY_URN, SYSTEM_URN))


def _other_agency(stated: str | bytes) -> PkiError:
    """Name what a request states, which is an outsider's text, in a bounded form."""
    text = stated if isinstance(stated, str) else stated.hex()
    shown = "".join(one for one in text[:80] if one.isprintable())
    return PkiError(ErrorCode.REQUEST_NAMES_OTHER_AGENCY, place=shown)


def _refused(oid: x509.ObjectIdentifier) -> PkiError:
    return PkiError(ErrorCode.REQUEST_EXTENSION_REFUSED, place=oid.dotted_string)
