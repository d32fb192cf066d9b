"""Certificate requests (PKCS #10, RFC 2986): the key, and proof that it is held.

Only the key is taken from a request. Whom the certificate names is the registrar's
decision; `pki.registration.checks` refuses a request that asks for something else.
"""

from dataclasses import dataclass
from math import isqrt

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.algorithms import CERTIFICATE_SIGNATURE_OIDS, is_new_key_allowed
from pki.errors import PkiError
from pki.keys.api import PublicKey
from pki.names import UNREADABLE_CERTIFICATE
from pki.pem import is_pem
from schemas.errors import ErrorCode

_REQUEST_BYTES = 64 * 1024
_FERMAT_ROUNDS = 100  # CA/Browser Forum BR 6.1.1.3
# Odd primes whose residues give away keys of a flawed generator (CVE-2017-15361).
_ROCA_PRIMES = tuple(
    candidate
    for candidate in range(3, 168, 2)
    if all(candidate % divisor for divisor in range(3, isqrt(candidate) + 1, 2))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """A request whose sender holds its key.

    Args:
        public_key: a key worth certifying.
        subject: the distinguished name it asks for.
        extensions: the extensions it asks for (RFC 2985 5.4.2).
        der: the request itself.
    """

    public_key: PublicKey
    subject: x509.Name
    extensions: tuple[x509.Extension[x509.ExtensionType], ...]
    der: bytes


def read_request(data: bytes) -> PublicKey:
    """Return the public key of a request (PEM or DER) whose sender holds the key.

    Raises:
        PkiError: too large, malformed, not signed by its own key, or a weak key.
    """
    return parse_request(data).public_key


def parse_request(data: bytes) -> CertificateRequest:
    """Read a request (PEM or DER) whose sender holds the key (RFC 2986 section 3).

    Attributes other than the extensions asked for, such as a challenge password, are
    left alone: nothing of them gets into a certificate.

    Raises:
        PkiError: too large (BODY_TOO_LARGE), malformed (ISSUANCE_REFUSED), not signed
            by its own key (REQUEST_PROOF_INVALID), or a weak key (KEY_WEAK).
    """
    if len(data) > _REQUEST_BYTES:
        raise PkiError(ErrorCode.BODY_TOO_LARGE, place="PKCS #10")
    load = x509.load_pem_x509_csr if is_pem(data) else x509.load_der_x509_csr
    try:
        request = load(data)
        key: object = request.public_key()
        signed = request.signature_algorithm_oid in CERTIFICATE_SIGNATURE_OIDS
        proven = signed and request.is_signature_valid
        subject, extensions = request.subject, tuple(request.extensions)
    except (*UNREADABLE_CERTIFICATE, UnsupportedAlgorithm) as error:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="PKCS #10") from error
    if not proven:
        raise PkiError(ErrorCode.REQUEST_PROOF_INVALID, place="PKCS #10")
    return CertificateRequest(
        public_key=check_new_key(key),
        subject=subject,
        extensions=extensions,
        der=request.public_bytes(Encoding.DER),
    )


def check_new_key(public_key: object) -> PublicKey:
    """Return `public_key` if this project may certify it.

    Raises:
        PkiError: wrong kind, too small, or of a known flawed generator.
    """
    if isinstance(public_key, ec.EllipticCurvePublicKey) and is_new_key_allowed(
        public_key
    ):
        return public_key
    if isinstance(public_key, rsa.RSAPublicKey) and _is_sound_rsa(public_key):
        return public_key
    raise PkiError(ErrorCode.KEY_WEAK)


def has_roca_fingerprint(modulus: int) -> bool:
    """Tell whether every residue of `modulus` is a power of 65537.

    That is how the flawed generator built its primes; a sound modulus passes all
    these tests by chance with a probability below 2^-27.
    """
    return all(modulus % prime in _powers(prime) for prime in _ROCA_PRIMES)


def has_close_primes(modulus: int) -> bool:
    """Tell whether Fermat's method factors `modulus` at once."""
    root = isqrt(modulus)
    start = root if root * root == modulus else root + 1
    for guess in range(start, start + _FERMAT_ROUNDS):
        rest = guess * guess - modulus
        if isqrt(rest) ** 2 == rest:
            return True
    return False


def _is_sound_rsa(public_key: rsa.RSAPublicKey) -> bool:
    modulus = public_key.public_numbers().n
    return (
        is_new_key_allowed(public_key)
        and not has_roca_fingerprint(modulus)
        and not has_close_primes(modulus)
    )


def _powers(prime: int) -> frozenset[int]:
    powers, power = set[int](), 1
    while power not in powers:
        powers.add(power)
        power = power * 65537 % prime
    return frozenset(powers)
