"""The two computations on a signature: its digest and its value (RFC 5652 5.4)."""

from hashlib import new as new_digest
from hmac import compare_digest

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pki.errors import PkiError, SignatureInvalidError
from pki.keys.api import PublicKey
from pki.keys.software import verify_signature
from pki.names import UNREADABLE_CERTIFICATE
from signing.validation.cms import CmsSignature
from signing.validation.structure import SignatureBytes, signed_bytes


def digest_matches(
    signature: SignatureBytes, name: str, expected: bytes
) -> bool | None:
    """Tell whether the signed bytes have the digest; None if `name` is not allowed."""
    if not name:
        return None
    return compare_digest(range_digest(signature, name), expected)


def range_digest(signature: SignatureBytes, name: str) -> bytes:
    """Return the digest of the signed bytes, by the `hashlib` name of an algorithm."""
    digest = new_digest(name)
    for part in signed_bytes(signature):
        digest.update(part)
    return digest.digest()


def value_holds(cms: CmsSignature) -> bool | None:
    """Tell whether the signature value is the signer's; None if it cannot be checked.

    It cannot with an algorithm that is not listed, a weak or foreign kind of key, or
    without certificate or signed attributes.
    """
    key = _public_key(cms.certificate)
    if key is None or cms.scheme is None or cms.attributes is None:
        return None
    try:
        verify_signature(key, cms.scheme, cms.value, cms.attributes.encoded)
    except SignatureInvalidError:
        return False
    except PkiError:
        return None
    return True


def _public_key(certificate: bytes | None) -> PublicKey | None:
    if certificate is None:
        return None
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (*UNREADABLE_CERTIFICATE, UnsupportedAlgorithm):
        return None
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key
    return None
