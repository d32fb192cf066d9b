"""Names in certificates: built here, and read back.

An agency is named twice: by its code as organizationIdentifier (X.520, ETSI EN
319 412-1) in the subject, and by the URI `urn:lienthong:agency:CODE` in the subject
alternative name. A document system has `urn:lienthong:system:ID`.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from pki.errors import PkiError
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId, SystemId, parse_organ_id, parse_system_id
from schemas.verdict import CertificateSummary

AGENCY_URN = "urn:lienthong:agency:"
SYSTEM_URN = "urn:lienthong:system:"

COUNTRY = "VN"
_KEPT = 512
"""Of how many certificates names are kept: one and the same few sign all day."""

_UPPER_BOUND = 64  # RFC 5280 appendix A.1: ub-common-name and its like

UNREADABLE_CERTIFICATE = (
    ValueError,
    TypeError,
    CryptographyDeprecationWarning,  # where warnings are errors
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What reading a lazily parsed, hostile certificate may raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFields:
    """Whom a certificate names.

    Args:
        common_name: a person's full name, an agency's name, or a host name.
        organisation: name of the agency.
        unit: department inside it.
        organ_id: code of the agency.
        system_id: name of the document system.
        dns_names: host names of a server.
        ip_addresses: addresses of a server, in text.
    """

    common_name: str
    organisation: str = ""
    unit: str = ""
    organ_id: OrganId | None = None
    system_id: SystemId | None = None
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()


def composed(text: str) -> str:
    """Return a name as it is certified, each letter one character with its marks (NFC).

    Keyboards and systems write the same letter in several ways. Judges may take those
    for one name (RFC 5280 7.1); here names are compared octet for octet, and every
    character counts to the upper bound.
    """
    return unicodedata.normalize("NFC", text)


def is_same_name(one: x509.Name, other: x509.Name) -> bool:
    """Tell whether two names have the same letters, composed or not."""
    return composed_name(one) == composed_name(other)


def composed_name(name: x509.Name) -> x509.Name:
    """Return a name of ours as it is certified today.

    Before names were composed, they were certified as they were typed.
    """
    return x509.Name(
        x509.NameAttribute(one.oid, composed(one.value))
        if isinstance(one.value, str)
        else one
        for one in name
    )


def subject_name(fields: SubjectFields) -> x509.Name:
    """Build the distinguished name.

    Raises:
        PkiError: a part is longer than its upper bound (64 characters).
    """
    parts = (
        (NameOID.COUNTRY_NAME, COUNTRY),
        (NameOID.ORGANIZATION_NAME, fields.organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, fields.unit),
        (NameOID.ORGANIZATION_IDENTIFIER, fields.organ_id or ""),
        (NameOID.COMMON_NAME, fields.common_name),
    )
    if any(len(text) > _UPPER_BOUND for _, text in parts) or not fields.common_name:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="subject")
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


def alternative_names(fields: SubjectFields) -> tuple[x509.GeneralName, ...]:
    """Build the subject alternative names.

    Raises:
        PkiError: a host name or address is malformed.
    """
    try:
        return tuple(_alternative_names(fields))
    except ValueError as error:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="subjectAltName") from error


@lru_cache(maxsize=_KEPT)
def agency_of(certificate: x509.Certificate) -> OrganId | None:
    """Return the agency a certificate speaks for; None if none, or not exactly one."""
    stated = {
        *_uris(certificate, AGENCY_URN),
        *_subject_values(certificate, NameOID.ORGANIZATION_IDENTIFIER),
    }
    if len(stated) != 1:
        return None
    try:
        return parse_organ_id(stated.pop())
    except CodedError:
        return None


def subject_fields(certificate: x509.Certificate) -> SubjectFields:
    """Read back whom a certificate of ours names, to name the same again."""
    names = stated_names(certificate)
    return SubjectFields(
        common_name=common_name(certificate),
        organisation="".join(
            _subject_values(certificate, NameOID.ORGANIZATION_NAME)[:1]
        ),
        unit="".join(
            _subject_values(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)[:1]
        ),
        organ_id=agency_of(certificate),
        system_id=system_of(certificate),
        dns_names=tuple(names.get_values_for_type(x509.DNSName)),
        ip_addresses=tuple(map(str, names.get_values_for_type(x509.IPAddress))),
    )


@lru_cache(maxsize=_KEPT)
def system_of(certificate: x509.Certificate) -> SystemId | None:
    """Return the document system a certificate names; None unless exactly one."""
    stated = _uris(certificate, SYSTEM_URN)
    if len(stated) != 1:
        return None
    try:
        return parse_system_id(stated.pop())
    except CodedError:
        return None


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name, or an empty text when there is none to read."""
    values = _subject_values(certificate, NameOID.COMMON_NAME)
    return values[0] if values else ""


@lru_cache(maxsize=_KEPT)
def summary(certificate: x509.Certificate) -> CertificateSummary:
    """Describe `certificate` in a verdict; an unreadable name is left empty."""
    return CertificateSummary(
        subject=_rfc4514(certificate, "subject"),
        issuer=_rfc4514(certificate, "issuer"),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        name=common_name(certificate),
        issuer_name=_first(_issuer_values(certificate, NameOID.COMMON_NAME)),
        organisation=_first(_subject_values(certificate, NameOID.ORGANIZATION_NAME)),
        unit=_first(_subject_values(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)),
    )


def _alternative_names(fields: SubjectFields) -> Iterator[x509.GeneralName]:
    if fields.organ_id:
        yield x509.UniformResourceIdentifier(f"{AGENCY_URN}{fields.organ_id}")
    if fields.system_id:
        yield x509.UniformResourceIdentifier(f"{SYSTEM_URN}{fields.system_id}")
    for host in fields.dns_names:
        yield x509.DNSName(host)
    for address in fields.ip_addresses:
        yield x509.IPAddress(ip_address(address))


def stated_names(
    certificate: x509.Certificate,
) -> x509.SubjectAlternativeName:
    """Return the alternative names; none where they cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
        return x509.SubjectAlternativeName([])


def _uris(certificate: x509.Certificate, prefix: str) -> set[str]:
    names = stated_names(certificate)
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return {uri.removeprefix(prefix) for uri in uris if uri.startswith(prefix)}


def _subject_values(
    certificate: x509.Certificate, oid: x509.ObjectIdentifier
) -> list[str]:
    return _values(certificate, "subject", oid)


def _issuer_values(
    certificate: x509.Certificate, oid: x509.ObjectIdentifier
) -> list[str]:
    return _values(certificate, "issuer", oid)


def _values(
    certificate: x509.Certificate, which: str, oid: x509.ObjectIdentifier
) -> list[str]:
    try:
        name = certificate.subject if which == "subject" else certificate.issuer
        attributes = name.get_attributes_for_oid(oid)
    except UNREADABLE_CERTIFICATE:
        return []
    return [one.value for one in attributes if isinstance(one.value, str)]


def _first(values: list[str]) -> str:
    return values[0] if values else ""


def _rfc4514(certificate: x509.Certificate, which: str) -> str:
    try:
        name = certificate.subject if which == "subject" else certificate.issuer
        return name.rfc4514_string()
    except UNREADABLE_CERTIFICATE:
        return ""
