"""The key of some content, wrapped for each recipient and unwrapped by one.

RSA keys get it by RSAES-OAEP with SHA-256 (RFC 3560), keys on P-256 and P-384 by
ephemeral-static ECDH with the X9.63 KDF and AES-256 key wrap (RFC 5753). Nothing else
is written or read.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from cryptography.x509 import Certificate, ObjectIdentifier

from pki import der
from pki.algorithms import is_accepted_key
from pki.errors import PkiError
from pki.keys.api import Credential, SigningKey
from pki.keys.software import SoftwareKey
from schemas.errors import ErrorCode

KEY_OCTETS = 32
AGREEMENT = der.constructed_tag(1)
"""Tag of KeyAgreeRecipientInfo (RFC 5652 6.2)."""

_OAEP = ObjectIdentifier("1.2.840.113549.1.1.7")
_MGF1 = ObjectIdentifier("1.2.840.113549.1.1.8")
_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_EC_PUBLIC_KEY = ObjectIdentifier("1.2.840.10045.2.1")
_AES_WRAP = ObjectIdentifier("2.16.840.1.101.3.4.1.45")
_NULL = der.element(der.NULL, b"")
_SUPPLEMENT = (KEY_OCTETS * 8).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class _Agreement:
    """How two keys on a curve agree (RFC 5753 7.1.4)."""

    curve: ec.EllipticCurve
    scheme: ObjectIdentifier
    digest: hashes.HashAlgorithm


_AGREEMENTS = (
    _Agreement(ec.SECP256R1(), ObjectIdentifier("1.3.132.1.11.1"), hashes.SHA256()),
    _Agreement(ec.SECP384R1(), ObjectIdentifier("1.3.132.1.11.2"), hashes.SHA384()),
)


def _digest_algorithm(*parameters: bytes) -> bytes:
    return der.sequence(der.object_identifier(_SHA256), *parameters)


def _oaep(digest: bytes) -> bytes:
    """Encode the algorithm with SHA-256 in both places (RFC 4055 4.1)."""
    mask = der.sequence(der.object_identifier(_MGF1), digest)
    parameters = der.sequence(
        der.element(der.constructed_tag(0), digest),
        der.element(der.constructed_tag(1), mask),
    )
    return der.sequence(der.object_identifier(_OAEP), parameters)


_OAEP_SPELLINGS = (_oaep(_digest_algorithm(_NULL)), _oaep(_digest_algorithm()))
_PADDING = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_WRAP = der.sequence(der.object_identifier(_AES_WRAP))


def require_recipient(certificate: Certificate) -> None:
    """Require a certificate whose key may be encrypted to (RFC 5280 4.2.1.3).

    Raises:
        PkiError: its key is not accepted, or is for something else
            (ENCRYPTION_CERTIFICATE_UNSUITABLE).
    """
    key = certificate.public_key()
    is_rsa = isinstance(key, rsa.RSAPublicKey)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        fits = usage.key_encipherment if is_rsa else usage.key_agreement
    except x509.ExtensionNotFound:
        fits = True
    except ValueError:
        fits = False
    if not fits or not (is_rsa or isinstance(key, ec.EllipticCurvePublicKey)):
        raise PkiError(ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE)
    if not is_accepted_key(key):
        raise PkiError(ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE)


def wrap(certificate: Certificate, content_key: bytes) -> bytes:
    """Return the RecipientInfo of a recipient (RFC 5652 6.2).

    Raises:
        PkiError: the certificate is not for this (ENCRYPTION_CERTIFICATE_UNSUITABLE).
    """
    require_recipient(certificate)
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return der.sequence(
            der.integer(0),
            _name_of(certificate),
            _OAEP_SPELLINGS[0],
            der.element(der.OCTET_STRING, key.encrypt(content_key, _PADDING)),
        )
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _agreed(certificate, key, content_key)
    raise PkiError(ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE)


def unwrap(info: bytes, credential: Credential) -> bytes | None:
    """Return the content key from a RecipientInfo; None if it is somebody else's.

    Raises:
        PkiError: the key is kept elsewhere (ENCRYPTION_KEY_UNSUITABLE).
        ValueError: what is written is not one of ours, or does not open.
    """
    opener = next(iter(_openers(info, _name_of(credential.certificate))), None)
    if opener is None:
        return None
    if not isinstance(credential.key, SoftwareKey):
        raise PkiError(ErrorCode.ENCRYPTION_KEY_UNSUITABLE)
    return _of_its_length(opener(credential.key))


def unwrap_by_key(info: bytes, key: SigningKey) -> bytes | None:
    """Return the content key from a RecipientInfo that names any certificate of a key.

    A certificate that is renewed may keep its key; what was encrypted by the one before
    names that one.

    Returns:
        None if it does not open with this key.
    """
    if not isinstance(key, SoftwareKey):
        return None
    try:
        openers = _openers(info, None)
    except ValueError:
        return None  # written in another way, for others
    for opener in openers:
        with suppress(ValueError):  # it is for somebody else
            return _of_its_length(opener(key))
    return None


def _of_its_length(content_key: bytes) -> bytes:
    if len(content_key) != KEY_OCTETS:
        raise ValueError("key of another length")
    return content_key


_Opener = Callable[[SoftwareKey], bytes]


def _openers(info: bytes, name: bytes | None) -> Sequence[_Opener]:
    """Return how to open a RecipientInfo for who is named so; None takes any name."""
    read = _read_agreement if info[0] == AGREEMENT else _read_transport
    return read(info, name)


def _name_of(certificate: Certificate) -> bytes:
    """Encode IssuerAndSerialNumber (RFC 5652 10.2.4)."""
    issuer = certificate.issuer.public_bytes()
    return der.sequence(issuer, der.integer(certificate.serial_number))


def _agreed(
    certificate: Certificate, key: ec.EllipticCurvePublicKey, content_key: bytes
) -> bytes:
    agreement = next(one for one in _AGREEMENTS if one.curve.name == key.curve.name)
    ephemeral = ec.generate_private_key(key.curve)
    wrapping = _wrapping_key(agreement, ephemeral, key)
    point = ephemeral.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    algorithm = der.sequence(der.object_identifier(_EC_PUBLIC_KEY))
    originator = der.element(der.constructed_tag(1), algorithm + der.bit_string(point))
    recipient = der.sequence(
        _name_of(certificate),
        der.element(der.OCTET_STRING, aes_key_wrap(wrapping, content_key)),
    )
    parts = (
        der.integer(3),
        der.element(der.constructed_tag(0), originator),
        der.sequence(der.object_identifier(agreement.scheme), _WRAP),
        der.sequence(recipient),
    )
    return der.element(AGREEMENT, b"".join(parts))


def _wrapping_key(
    agreement: _Agreement,
    private: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
) -> bytes:
    """Derive the key that wraps (RFC 5753 7.2: ECC-CMS-SharedInfo)."""
    supplement = der.element(der.OCTET_STRING, _SUPPLEMENT)
    shared = der.sequence(_WRAP, der.element(der.constructed_tag(2), supplement))
    secret = private.exchange(ec.ECDH(), public)
    return X963KDF(agreement.digest, KEY_OCTETS, shared).derive(secret)


def _read_transport(info: bytes, name: bytes | None) -> Sequence[_Opener]:
    reader = der.DerReader(der.DerReader(info).content(der.SEQUENCE))
    version, named = reader.whole(der.INTEGER), reader.whole(der.SEQUENCE)
    algorithm = reader.whole(der.SEQUENCE)
    wrapped = reader.content(der.OCTET_STRING)
    reader.finish()
    if version != der.integer(0) or name not in {None, named}:
        return ()
    if algorithm not in _OAEP_SPELLINGS:
        raise ValueError("another algorithm")

    def opened(key: SoftwareKey) -> bytes:
        if not isinstance(key.private, rsa.RSAPrivateKey):
            raise ValueError("another kind of key")  # noqa: TRY004  of a peer's bytes
        return key.private.decrypt(wrapped, _PADDING)

    return (opened,)


def _read_agreement(info: bytes, name: bytes | None) -> Sequence[_Opener]:
    reader = der.DerReader(der.DerReader(info).content(AGREEMENT))
    if reader.whole(der.INTEGER) != der.integer(3):
        raise ValueError("another version")
    originator = reader.content(der.constructed_tag(0))
    reader.optional(der.constructed_tag(1))
    algorithm = reader.whole(der.SEQUENCE)
    wrapped = tuple(_wrapped_for(reader.content(der.SEQUENCE), name))
    reader.finish()
    if not wrapped:
        return ()
    for one in _AGREEMENTS:
        if algorithm == der.sequence(der.object_identifier(one.scheme), _WRAP):
            point = _point(originator)
            return tuple(_agreeing(one, point, each) for each in wrapped)
    raise ValueError("another algorithm")


def _wrapped_for(recipients: bytes, name: bytes | None) -> Iterator[bytes]:
    reader = der.DerReader(recipients)
    while not reader.at_end:
        one = der.DerReader(reader.content(der.SEQUENCE))
        if not one.follows(der.SEQUENCE):  # named by its key identifier
            continue
        if name in {None, one.whole(der.SEQUENCE)}:
            yield one.content(der.OCTET_STRING)
            one.finish()


def _point(originator: bytes) -> bytes:
    reader = der.DerReader(der.DerReader(originator).content(der.constructed_tag(1)))
    algorithm = der.DerReader(reader.content(der.SEQUENCE))
    named = der.read_object_identifier(algorithm.content(der.OBJECT_IDENTIFIER))
    bits = reader.content(der.BIT_STRING)
    reader.finish()
    if named != _EC_PUBLIC_KEY or bits[:1] != b"\x00":
        raise ValueError("no point")
    return bits[1:]


def _agreeing(agreement: _Agreement, point: bytes, wrapped: bytes) -> _Opener:
    def opened(key: SoftwareKey) -> bytes:
        private = key.private
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("another kind of key")  # noqa: TRY004  of a peer's bytes
        # Not on this curve: ValueError, before anything is computed with it.
        public = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point)
        try:
            return aes_key_unwrap(_wrapping_key(agreement, private, public), wrapped)
        except InvalidUnwrap as error:
            raise ValueError("wrapped for another key") from error

    return opened
