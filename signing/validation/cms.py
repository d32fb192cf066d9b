"""Facts on the CMS of one signature (RFC 5652), each part as it lies in the file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms as asn1
from asn1crypto import core, x509

from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.der import contents, octets, require_der
from signing.validation.identifiers import DIGESTS, SIGNATURES
from signing.validation.unsigned import UnsignedAttribute, unsigned_attributes

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_SET = b"\x31"
_DIGEST_NAMES = {"sha256", "sha384", "sha512"}
# The tags of the parts of a ContentInfo, SignedData, SignerInfo and
# IssuerAndSerialNumber (RFC 5652 clauses 3, 5.1, 5.3, 10.2.4).
_CONTENT_INFO_TAGS = re.compile(rb"\x06\xa0")
_EXPLICIT_TAGS = re.compile(rb"\x30")
_SIGNED_DATA_TAGS = re.compile(rb"\x02\x31\x30\xa0?\xa1?\x31")
_SIGNER_TAGS = re.compile(rb"\x02[\x30\x80]\x30\xa0?\x30\x04\xa1?")
_ISSUER_AND_SERIAL_TAGS = re.compile(rb"\x30\x02")
_SEQUENCE = 0x30
_INTEGER = 0x02
_SIGN_OCTETS = ((b"\0",), (b"\xff",))
"""What may not stand before an octet whose first bit is 0, or 1."""


@dataclass(frozen=True, slots=True)
class CertificateBinding:
    """The first ESSCertIDv2 of signing-certificate-v2 (RFC 5035)."""

    digest: str
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAttributes:
    """What the signed attributes say.

    Args:
        repeated: a type stands there twice, or has other than one value.
        content_type: empty without the attribute, likewise the others.
        binding: None without signing-certificate-v2.
        encoded: the octets that are signed: a SET, as RFC 5652 clause 5.4 demands.
    """

    repeated: bool
    content_type: str
    message_digest: bytes
    binding: CertificateBinding | None
    encoded: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsSignature:
    """One SignedData and the first SignerInfo of it.

    Args:
        versions: of the SignedData and of the SignerInfo.
        names_issuer: the signer identifier is issuer and serial number.
        other_content: it carries a content, revocation lists, or other than X.509.
        certificate: the one the signer identifier names, None if it is not there.
        digest: name of the digest algorithm, empty if it is not allowed.
        digests: those that the SignedData lists.
        scheme: None if the signature algorithm is not allowed.
        attributes: None without signed attributes.
        unsigned: None without a set of unsigned attributes.
        protects_others: CMSAlgorithmProtection names other algorithms (RFC 6211).
    """

    versions: tuple[int, int]
    names_issuer: bool
    content_type: str
    content: bytes | None
    other_content: bool
    signer_count: int
    certificates: tuple[bytes, ...]
    certificate: bytes | None
    digest: str
    digests: tuple[str, ...]
    scheme: SignatureScheme | None
    attributes: SignedAttributes | None
    value: bytes
    unsigned: tuple[UnsignedAttribute, ...] | None
    protects_others: bool


def read_cms(der: bytes) -> CmsSignature:
    """Read a SignedData.

    Raises:
        SigningError: CMS_INVALID, not DER or not a SignedData with a signer.
    """
    require_der(der)
    _refuse_other_parts(der)
    try:
        content_info = asn1.ContentInfo.load(der, strict=True)
        if content_info["content_type"].dotted != _SIGNED_DATA:
            raise SigningError(ErrorCode.CMS_INVALID, place="content type")
        return _read_signed_data(content_info["content"], unsigned_attributes(der))
    # asn1crypto is lazy: reading any value may show that it is malformed.
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise SigningError(ErrorCode.CMS_INVALID) from error


def _refuse_other_parts(der: bytes) -> None:
    """Refuse parts that the syntax does not know: the library passes over them."""
    _, explicit = _parts(der, _CONTENT_INFO_TAGS)
    (signed,) = _parts(explicit, _EXPLICIT_TAGS)
    *_, signers = _parts(signed, _SIGNED_DATA_TAGS)
    for signer in contents(signers):
        identifier = _parts(signer, _SIGNER_TAGS)[1]
        if identifier[0] == _SEQUENCE:
            _parts(identifier, _ISSUER_AND_SERIAL_TAGS)


def _parts(der: bytes, tags: re.Pattern[bytes]) -> tuple[bytes, ...]:
    found = contents(der)
    known = tags.fullmatch(bytes(one[0] for one in found))
    if not known or any(map(_is_long_integer, found)):
        raise SigningError(ErrorCode.CMS_INVALID)
    return found


def _is_long_integer(der: bytes) -> bool:
    """Tell whether this is an INTEGER in more octets than it needs (X.690 8.3.2)."""
    value = octets(der) if der[0] == _INTEGER else b"\1"
    return not value or (len(value) > 1 and value[:1] in _SIGN_OCTETS[value[1] >> 7])


def _read_signed_data(
    signed: Any, unsigned: tuple[UnsignedAttribute, ...] | None
) -> CmsSignature:
    signer = signed["signer_infos"][0]
    choices = tuple(signed["certificates"] or ())
    # asn1crypto encodes anew what was read: the octets come before any reading.
    certificates = tuple(one.chosen.dump() for one in choices)
    encapsulated = signed["encap_content_info"]
    content = encapsulated["content"]
    return CmsSignature(
        versions=(int(signed["version"]), int(signer["version"])),
        names_issuer=signer["sid"].name == "issuer_and_serial_number",
        content_type=encapsulated["content_type"].dotted,
        content=None if isinstance(content, core.Void) else content.contents,
        other_content=bool(signed["crls"])
        or any(one.name != "certificate" for one in choices),
        signer_count=len(signed["signer_infos"]),
        certificates=certificates,
        certificate=_named_certificate(signer["sid"], certificates),
        digest=DIGESTS.get(signer["digest_algorithm"].dump(), ""),
        digests=tuple(
            DIGESTS.get(one.dump(), "") for one in signed["digest_algorithms"]
        ),
        scheme=SIGNATURES.get(signer["signature_algorithm"].dump()),
        attributes=_read_attributes(signer["signed_attrs"]),
        value=signer["signature"].native,
        unsigned=unsigned,
        protects_others=_protects_others(signer),
    )


def _protects_others(signer: Any) -> bool:
    """Tell whether the signed copy of the algorithms differs from what is stated."""
    return any(
        protected[kind].native != signer[kind].native
        for attribute in signer["signed_attrs"]
        if attribute["type"].dotted == _ALGORITHM_PROTECTION
        for protected in attribute["values"]
        for kind in ("digest_algorithm", "signature_algorithm")
    )


def _named_certificate(identifier: Any, certificates: Iterable[bytes]) -> bytes | None:
    for one in certificates:
        if _names(identifier, x509.Certificate.load(one)):
            return one
    return None


def _names(identifier: Any, certificate: Any) -> bool:
    if identifier.name == "subject_key_identifier":
        return bool(identifier.chosen.native == certificate.key_identifier)
    issuer, serial = identifier.chosen["issuer"], identifier.chosen["serial_number"]
    return bool(
        issuer.dump() == certificate.issuer.dump()
        and serial.native == certificate.serial_number
    )


def _read_attributes(attributes: Any) -> SignedAttributes | None:
    encoded = attributes.dump()
    if not attributes:
        return None
    kinds = [one["type"].dotted for one in attributes]
    values = {one["type"].dotted: one["values"] for one in attributes}
    single = all(len(one) == 1 for one in values.values())
    content_type = values.get(_CONTENT_TYPE)
    digest = values.get(_MESSAGE_DIGEST)
    return SignedAttributes(
        repeated=len(set(kinds)) != len(kinds) or not single,
        content_type=content_type[0].dotted if content_type else "",
        message_digest=digest[0].native if digest else b"",
        binding=_read_binding(values.get(_SIGNING_CERTIFICATE_V2)),
        encoded=_SET + encoded[1:],
    )


def _read_binding(values: Any) -> CertificateBinding | None:
    if not values:
        return None
    first = values[0]["certs"][0]
    digest = first["hash_algorithm"]["algorithm"].native
    return CertificateBinding(
        digest if digest in _DIGEST_NAMES else "", first["cert_hash"].native
    )
