"""Keys kept in memory: made here, or loaded once from PKCS #8 or PKCS #12."""

from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import Certificate

from pki.algorithms import (
    RSA_BITS_NEW,
    ecdsa_of,
    fits,
    hash_of,
    is_accepted_key,
)
from pki.errors import PkiError, SignatureInvalidError
from pki.keys.api import Credential, PublicKey, SignatureScheme
from pki.names import UNREADABLE_CERTIFICATE
from pki.pem import is_pem
from schemas.errors import ErrorCode

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_UNREADABLE = (*UNREADABLE_CERTIFICATE, UnsupportedAlgorithm)


class KeyKind(StrEnum):
    """Kinds of key this project makes."""

    P256 = "p256"
    P384 = "p384"
    RSA3072 = "rsa3072"


@dataclass(frozen=True, slots=True, repr=False)
class SoftwareKey:
    """A private key in this process's memory."""

    private: PrivateKey
    _public: PublicKey = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Make the public half once: it costs a tenth of a signature."""
        object.__setattr__(self, "_public", self.private.public_key())

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Sign `data` (hashed here); an ECDSA value is DER (RFC 3279 2.2.3).

        Raises:
            PkiError: the scheme does not fit the key.
        """
        if not fits(self.public_key, scheme):
            raise PkiError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=scheme)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ecdsa_of(scheme))
        return self.private.sign(data, _rsa_padding(scheme), hash_of(scheme))


def generate(kind: KeyKind = KeyKind.P256) -> SoftwareKey:
    """Make a new key."""
    match kind:
        case KeyKind.P256:
            return SoftwareKey(ec.generate_private_key(ec.SECP256R1()))
        case KeyKind.P384:
            return SoftwareKey(ec.generate_private_key(ec.SECP384R1()))
        case KeyKind.RSA3072:
            return SoftwareKey(rsa.generate_private_key(65537, RSA_BITS_NEW))


def load_private_key(data: bytes, passphrase: bytes | None = None) -> SoftwareKey:
    """Load a PKCS #8 key, PEM or DER.

    Raises:
        PkiError: unreadable, wrong passphrase, or a weak or foreign kind of key.
    """
    load = (
        serialization.load_pem_private_key
        if is_pem(data)
        else serialization.load_der_private_key
    )
    try:
        private = load(data, passphrase)
    except _UNREADABLE as error:
        raise PkiError(ErrorCode.KEY_UNREADABLE) from error
    return _held(private)


def load_pkcs12(data: bytes, passphrase: bytes | None = None) -> Credential:
    """Load a key with its certificates (RFC 7292).

    Raises:
        PkiError: unreadable, wrong passphrase, no key, or a certificate of another key.
    """
    try:
        return _credential(*pkcs12.load_key_and_certificates(data, passphrase))
    except _UNREADABLE as error:
        raise PkiError(ErrorCode.KEY_UNREADABLE, place="PKCS #12") from error


def save_pkcs8(key: SoftwareKey, passphrase: bytes | None) -> bytes:
    """Return the key as PKCS #8 PEM, encrypted when a passphrase is given."""
    return key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        _encryption(passphrase),
    )


def save_pkcs12(
    credential: Credential,
    name: str,
    passphrase: bytes | None,
    root: Certificate | None = None,
) -> bytes:
    """Return key, certificate and chain as one PKCS #12 file.

    Raises:
        PkiError: the key is kept elsewhere, or not the certificate's.
    """
    if not isinstance(credential.key, SoftwareKey):
        raise PkiError(ErrorCode.KEY_UNREADABLE, place=name)
    if credential.key.public_key != credential.certificate.public_key():
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=name)
    above = [*credential.chain, *([root] if root else [])]
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        credential.key.private,
        credential.certificate,
        above,
        _encryption(passphrase),
    )


def save_pem(credential: Credential, passphrase: bytes | None = None) -> bytes:
    """Return key, certificate and chain as one PEM file (`file:` of the loader).

    Raises:
        PkiError: the key is kept elsewhere and cannot leave.
    """
    if not isinstance(credential.key, SoftwareKey):
        raise PkiError(ErrorCode.KEY_UNREADABLE)
    certificates = (credential.certificate, *credential.chain)
    pem = [one.public_bytes(serialization.Encoding.PEM) for one in certificates]
    return save_pkcs8(credential.key, passphrase) + b"".join(pem)


def verify_signature(
    public_key: PublicKey, scheme: SignatureScheme, signature: bytes, data: bytes
) -> None:
    """Check `signature` over `data`; returning means it holds.

    Raises:
        SignatureInvalidError: it does not hold.
        PkiError: the scheme does not fit the key, or the key is weak.
    """
    if not fits(public_key, scheme) or not is_accepted_key(public_key):
        raise PkiError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=scheme)
    try:
        if isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(signature, data, ecdsa_of(scheme))
        else:
            public_key.verify(signature, data, _rsa_padding(scheme), hash_of(scheme))
    except InvalidSignature as error:
        raise SignatureInvalidError(ErrorCode.SIGNATURE_INVALID) from error


def chain_above(
    certificate: Certificate, others: list[Certificate]
) -> tuple[Certificate, ...]:
    """Order `others` upwards from `certificate`, leaving out the root.

    A CA that got a new key, or was certified anew, may be there under one name more
    than once: who signed counts, and of those the certificate that ends last.
    """
    left = [one for one in others if one.subject != one.issuer]
    chain: list[Certificate] = []
    below = certificate
    while issuers := [one for one in left if _has_issued(one, below)]:
        below = max(issuers, key=lambda one: one.not_valid_after_utc)
        left.remove(below)
        chain.append(below)
    return tuple(chain)


def _has_issued(issuer: Certificate, certificate: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True


def _credential(
    private: object, certificate: Certificate | None, others: list[Certificate]
) -> Credential:
    if private is None or certificate is None:
        raise PkiError(ErrorCode.KEY_UNREADABLE, place="PKCS #12")
    key = _held(private)
    if certificate.public_key() != key.public_key:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place="PKCS #12")
    return Credential(key, certificate, chain_above(certificate, others))


def _held(private: object) -> SoftwareKey:
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise PkiError(ErrorCode.KEY_WEAK)
    if not is_accepted_key(private.public_key()):
        raise PkiError(ErrorCode.KEY_WEAK)
    return SoftwareKey(private)


def _encryption(passphrase: bytes | None) -> serialization.KeySerializationEncryption:
    if passphrase is None:
        return serialization.NoEncryption()
    return serialization.BestAvailableEncryption(passphrase)


def _rsa_padding(scheme: SignatureScheme) -> padding.AsymmetricPadding:
    if scheme is SignatureScheme.RSA_PKCS1V15_SHA256:
        return padding.PKCS1v15()
    digest = hash_of(scheme)
    return padding.PSS(padding.MGF1(digest), digest.digest_size)
