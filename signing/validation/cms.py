"""Facts on the CMS of one signature (RFC 5652), each part as it lies in the file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from asn1crypto import cms as asn1
from asn1crypto import x509

from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.der import contents, octets, require_der
from signing.validation.identifiers import DIGEST_NAMES, DIGESTS, SIGNATURES
from signing.validation.unsigned import UnsignedAttribute, unsigned_attributes

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
_ALGORITHM_PROTECTION = bytes.fromhex("06092a864886f70d010934")
_PROTECTION_NAME = "1.2.840.113549.1.9.52"
_SET = b"\x31"
# The tags of the parts of a ContentInfo, SignedData, SignerInfo and
# IssuerAndSerialNumber (RFC 5652 clauses 3, 5.1, 5.3, 10.2.4).
_CONTENT_INFO_TAGS = re.compile(rb"\x06\xa0")
_EXPLICIT_TAGS = re.compile(rb"\x30")
_SIGNED_DATA_TAGS = re.compile(rb"\x02\x31\x30\xa0?\xa1?\x31")
_SIGNER_TAGS = re.compile(rb"\x02[\x30\x80]\x30\xa0?\x30\x04\xa1?")
_ISSUER_AND_SERIAL_TAGS = re.compile(rb"\x30\x02")
_CONTENT_TAGS = re.compile(rb"\x06\xa0?")
_ATTRIBUTE_TAGS = re.compile(rb"\x06\x31")
# SigningCertificateV2, ESSCertIDv2 (RFC 5035 clause 3).
_BINDING_TAGS = re.compile(rb"\x30\x30?")
_BOUND_TAGS = re.compile(rb"\x30?\x04\x30?")
# The signed part of a certificate, up to its issuer (RFC 5280 clause 4.1).
_CERTIFICATE_TAGS = re.compile(rb"\x30\x30\x03")
_CERTIFICATES, _CRLS = 0xA0, 0xA1
_ATTRIBUTES = 0xA0
_VERSION = 0xA0
_OBJECT_IDENTIFIER = 0x06
_OCTET_STRING = 0x04
_SEQUENCE = 0x30
_INTEGER = 0x02
_PROTECTED_SIGNATURE = b"\xa1"
"""The tag of signatureAlgorithm in CMSAlgorithmProtection (RFC 6211 clause 2)."""
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
        content_type: the identifier as encoded; empty without the attribute, likewise
            the others.
        binding: None without signing-certificate-v2.
        encoded: the octets that are signed: a SET, as RFC 5652 clause 5.4 demands.
    """

    repeated: bool
    content_type: bytes
    message_digest: bytes
    binding: CertificateBinding | None
    encoded: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsSignature:
    """One SignedData and the first SignerInfo of it.

    Args:
        versions: of the SignedData and of the SignerInfo.
        names_issuer: the signer identifier is issuer and serial number.
        content_type: the identifier as encoded.
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
    content_type: bytes
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

    Every value is taken as it lies there: the octets, not what they decode to, are
    what is signed, compared and looked up.

    Raises:
        SigningError: CMS_INVALID, not DER or not a SignedData with a signer.
    """
    require_der(der)
    kind, explicit = _parts(_of_kind(der, _SEQUENCE), _CONTENT_INFO_TAGS)
    (signed,) = _parts(explicit, _EXPLICIT_TAGS)
    fields = _parts(signed, _SIGNED_DATA_TAGS)
    signers = [
        _parts(_of_kind(one, _SEQUENCE), _SIGNER_TAGS) for one in contents(fields[-1])
    ]
    for one in signers:
        if one[1][0] == _SEQUENCE:
            _parts(one[1], _ISSUER_AND_SERIAL_TAGS)
    if kind != _SIGNED_DATA:
        raise SigningError(ErrorCode.CMS_INVALID, place="content type")
    try:
        return _read_signed_data(der, fields, signers)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise SigningError(ErrorCode.CMS_INVALID) from error


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
    der: bytes, fields: Sequence[bytes], signers: Sequence[Sequence[bytes]]
) -> CmsSignature:
    signer = signers[0]
    by_tag = {one[0]: one for one in fields[3:-1]}
    certificates = contents(by_tag[_CERTIFICATES]) if _CERTIFICATES in by_tag else ()
    content_type, *content = _parts(fields[2], _CONTENT_TAGS)
    has_attributes = signer[3][0] == _ATTRIBUTES
    algorithm, value = signer[4:6] if has_attributes else signer[3:5]
    return CmsSignature(
        versions=(_integer(fields[0]), _integer(signer[0])),
        names_issuer=signer[1][0] == _SEQUENCE,
        content_type=content_type,
        content=octets(_only(content[0], _OCTET_STRING)) if content else None,
        other_content=bool(_CRLS in by_tag and contents(by_tag[_CRLS]))
        or any(one[0] != _SEQUENCE for one in certificates),
        signer_count=len(signers),
        certificates=certificates,
        certificate=_named_certificate(signer[1], certificates),
        digest=DIGESTS.get(signer[2], ""),
        digests=tuple(DIGESTS.get(one, "") for one in contents(fields[1])),
        scheme=SIGNATURES.get(algorithm),
        attributes=_read_attributes(signer[3]) if has_attributes else None,
        value=octets(value),
        unsigned=unsigned_attributes(der),
        protects_others=has_attributes
        and not _protects_same(signer[3], (signer[2], algorithm))
        and _protects_others(der),
    )


def _integer(der: bytes) -> int:
    return int.from_bytes(octets(der), "big", signed=True)


def _only(der: bytes, tag: int) -> bytes:
    """Return the one value of that kind inside a value."""
    (inner,) = contents(der)
    return _of_kind(inner, tag)


def _of_kind(der: bytes, tag: int) -> bytes:
    if der[0] != tag:
        raise SigningError(ErrorCode.CMS_INVALID)
    return der


def _protects_same(encoded: bytes, stated: tuple[bytes, bytes]) -> bool:
    """Tell whether every signed copy of the algorithms is what is stated, by octets.

    Args:
        encoded: the signed attributes.
        stated: digest and signature algorithm.
    """
    digest, signature = stated
    same = digest + _PROTECTED_SIGNATURE + signature[1:]
    return all(
        octets(one) == same
        for kind, values in _attributes(encoded)
        if kind == _ALGORITHM_PROTECTION
        for one in values
    )


def _protects_others(der: bytes) -> bool:
    """Tell whether the signed copy of the algorithms differs from what is stated.

    By the library, since there are several spellings of one algorithm.
    """
    signer = asn1.ContentInfo.load(der, strict=True)["content"]["signer_infos"][0]
    return any(
        protected[kind].native != signer[kind].native
        for attribute in signer["signed_attrs"]
        if attribute["type"].dotted == _PROTECTION_NAME
        for protected in attribute["values"]
        for kind in ("digest_algorithm", "signature_algorithm")
    )


def _named_certificate(
    identifier: bytes, certificates: Iterable[bytes]
) -> bytes | None:
    return next((one for one in certificates if _names(identifier, one)), None)


def _names(identifier: bytes, certificate: bytes) -> bool:
    if certificate[0] != _SEQUENCE:
        return False
    if identifier[0] != _SEQUENCE:
        named = x509.Certificate.load(certificate).key_identifier
        return bool(octets(identifier) == named)
    fields = contents(_parts(certificate, _CERTIFICATE_TAGS)[0])
    begin = 1 if fields[0][0] == _VERSION else 0
    serial, _, issuer = fields[begin : begin + 3]
    return contents(identifier) == (issuer, serial)


def _attributes(encoded: bytes) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    for one in contents(encoded):
        kind, values = _parts(_of_kind(one, _SEQUENCE), _ATTRIBUTE_TAGS)
        yield kind, contents(values)


def _read_attributes(encoded: bytes) -> SignedAttributes | None:
    found = list(_attributes(encoded))
    if not found:
        return None
    values = dict(found)
    single = all(len(one) == 1 for _, one in found)
    content_type, digest = values.get(_CONTENT_TYPE), values.get(_MESSAGE_DIGEST)
    return SignedAttributes(
        repeated=len(values) != len(found) or not single,
        content_type=_of_kind(content_type[0], _OBJECT_IDENTIFIER)
        if content_type
        else b"",
        message_digest=octets(_of_kind(digest[0], _OCTET_STRING)) if digest else b"",
        binding=_read_binding(values.get(_SIGNING_CERTIFICATE_V2)),
        encoded=_SET + encoded[1:],
    )


def _read_binding(values: tuple[bytes, ...] | None) -> CertificateBinding | None:
    if not values:
        return None
    certificates = _parts(_of_kind(values[0], _SEQUENCE), _BINDING_TAGS)[0]
    first = _of_kind(contents(certificates)[0], _SEQUENCE)
    fields = _parts(first, _BOUND_TAGS)
    if fields[0][0] == _OCTET_STRING:
        return CertificateBinding("sha256", octets(fields[0]))
    algorithm = contents(fields[0])[0]
    return CertificateBinding(DIGEST_NAMES.get(algorithm, ""), octets(fields[1]))
