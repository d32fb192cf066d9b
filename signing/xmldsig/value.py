"""Signature values as XML carries them, and the keys that check them."""

from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.x509 import Certificate, load_der_x509_certificate

from pki.algorithms import default_scheme
from pki.errors import PkiError
from pki.keys.api import PublicKey, SignatureScheme, SigningKey
from pki.keys.software import verify_signature
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode
from signing.errors import SigningError

_PLACE = "SignatureValue"


def sign_value(key: SigningKey, scheme: SignatureScheme, signed: bytes) -> bytes:
    """Return the SignatureValue of `key` over `signed`.

    Raises:
        PkiError: the scheme does not fit the key.
    """
    value = key.sign(signed, scheme)
    if not isinstance(key.public_key, ec.EllipticCurvePublicKey):
        return value
    size = _coordinate_size(key.public_key)
    r, s = decode_dss_signature(value)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def check_value(
    public_key: PublicKey, scheme: SignatureScheme, value: bytes, signed: bytes
) -> None:
    """Check a SignatureValue over `signed`; returning means it holds.

    Raises:
        SigningError: it does not hold, or key and algorithm do not go together.
    """
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if scheme is not default_scheme(public_key):
            raise SigningError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=_PLACE)
        value = _der(public_key, value)
    try:
        verify_signature(public_key, scheme, value, signed)
    except PkiError as error:
        raise SigningError(error.code, place=_PLACE) from error


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with its public key, which costs as much to load as to use."""

    certificate: Certificate
    public_key: PublicKey


@lru_cache(maxsize=512)
def read_signer(der: bytes) -> Signer:
    """Read the certificate of a signer; a hub meets the same few hundred all day.

    Raises:
        SigningError: it is none, or its key is of a kind that is never used here.
    """
    certificate = read_certificate(der)
    try:
        public_key = certificate.public_key()
    except (*UNREADABLE_CERTIFICATE, UnsupportedAlgorithm) as error:
        raise _malformed() from error
    if not isinstance(public_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise SigningError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=_PLACE)
    return Signer(certificate, public_key)


@lru_cache(maxsize=512)
def read_certificate(der: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        SigningError: it is none.
    """
    try:
        return load_der_x509_certificate(der)
    except UNREADABLE_CERTIFICATE as error:
        raise _malformed() from error


def _der(public_key: ec.EllipticCurvePublicKey, value: bytes) -> bytes:
    """Return r and s, side by side in XML (RFC 6931 clause 2.3.6), as DER."""
    size = _coordinate_size(public_key)
    if len(value) != 2 * size:
        raise SigningError(ErrorCode.SIGNATURE_INVALID, place=_PLACE)
    r, s = int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big")
    return encode_dss_signature(r, s)


def _coordinate_size(public_key: ec.EllipticCurvePublicKey) -> int:
    return (public_key.curve.key_size + 7) // 8


def _malformed() -> SigningError:
    return SigningError(ErrorCode.CERTIFICATE_MALFORMED, place="X509Certificate")
