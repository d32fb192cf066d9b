"""Allow-lists of keys, hashes and signature algorithms, as data.

What is not listed is refused. New keys follow notes of the design (RSA 3072, P-256,
P-384); older certificates are accepted down to RSA 2048 (ETSI TS 119 312).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import Certificate, CertificateRevocationList, ObjectIdentifier
from cryptography.x509.oid import SignatureAlgorithmOID

from pki.errors import PkiError
from pki.keys.api import PublicKey, SignatureScheme
from schemas.errors import ErrorCode

RSA_BITS_NEW = 3072
"""Smallest RSA key this project makes or certifies."""

RSA_BITS_ACCEPTED = 2048
"""Smallest RSA key accepted in certificates of others."""

RSA_BITS_LIMIT = 8192
"""Largest RSA key accepted: verification time grows with the square."""

CURVES = frozenset({"secp256r1", "secp384r1"})
HASHES = frozenset({"sha256", "sha384", "sha512"})

CERTIFICATE_SIGNATURE_OIDS: frozenset[ObjectIdentifier] = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
        SignatureAlgorithmOID.RSASSA_PSS,
    }
)


@dataclass(frozen=True, slots=True)
class SchemeDefinition:
    """How one signature scheme is named on the wire.

    Args:
        oid: of the AlgorithmIdentifier in CMS (RFC 5754, RFC 4056).
        xml_uri: of ds:SignatureMethod (RFC 6931).
        hash_name: the digest, by its `hashlib` name.
    """

    oid: ObjectIdentifier
    xml_uri: str
    hash_name: str


_XML_MORE = "http://www.w3.org/2001/04/xmldsig-more#"

SCHEMES: Mapping[SignatureScheme, SchemeDefinition] = MappingProxyType(
    {
        SignatureScheme.ECDSA_SHA256: SchemeDefinition(
            SignatureAlgorithmOID.ECDSA_WITH_SHA256,
            f"{_XML_MORE}ecdsa-sha256",
            "sha256",
        ),
        SignatureScheme.ECDSA_SHA384: SchemeDefinition(
            SignatureAlgorithmOID.ECDSA_WITH_SHA384,
            f"{_XML_MORE}ecdsa-sha384",
            "sha384",
        ),
        SignatureScheme.RSA_PSS_SHA256: SchemeDefinition(
            SignatureAlgorithmOID.RSASSA_PSS,
            "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
            "sha256",
        ),
        SignatureScheme.RSA_PKCS1V15_SHA256: SchemeDefinition(
            SignatureAlgorithmOID.RSA_WITH_SHA256,
            f"{_XML_MORE}rsa-sha256",
            "sha256",
        ),
    }
)

Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_HASH_OF: Mapping[str, Hash] = MappingProxyType(
    {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
)

_ECDSA_OF: Mapping[str, ec.ECDSA] = MappingProxyType(
    {name: ec.ECDSA(digest) for name, digest in _HASH_OF.items()}
)


def scheme_of_uri(uri: str) -> SignatureScheme:
    """Return the scheme ds:SignatureMethod names with `uri`.

    Raises:
        PkiError: the algorithm is not on the list.
    """
    for scheme, definition in SCHEMES.items():
        if definition.xml_uri == uri:
            return scheme
    raise PkiError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place="SignatureMethod")


def hash_of(scheme: SignatureScheme) -> Hash:
    """Return the digest algorithm of `scheme`."""
    return _HASH_OF[SCHEMES[scheme].hash_name]


def ecdsa_of(scheme: SignatureScheme) -> ec.ECDSA:
    """Return how ECDSA is done under `scheme`."""
    return _ECDSA_OF[SCHEMES[scheme].hash_name]


def default_scheme(public_key: PublicKey) -> SignatureScheme:
    """Return the scheme this project signs with when it may choose.

    RSA takes PKCS #1 v1.5: tokens and readers in the field do not all know PSS.
    """
    if isinstance(public_key, rsa.RSAPublicKey):
        return SignatureScheme.RSA_PKCS1V15_SHA256
    if public_key.curve.name == "secp384r1":
        return SignatureScheme.ECDSA_SHA384
    return SignatureScheme.ECDSA_SHA256


def fits(public_key: PublicKey, scheme: SignatureScheme) -> bool:
    """Tell whether `scheme` is for keys of this family."""
    is_rsa_scheme = scheme.value.startswith("rsa")
    return isinstance(public_key, rsa.RSAPublicKey) is is_rsa_scheme


def is_accepted_key(public_key: object) -> bool:
    """Tell whether signatures by this key may count."""
    return _is_strong(public_key, RSA_BITS_ACCEPTED)


def is_new_key_allowed(public_key: object) -> bool:
    """Tell whether this project may certify the key."""
    return _is_strong(public_key, RSA_BITS_NEW)


def is_accepted_signature(signed: Certificate | CertificateRevocationList) -> bool:
    """Tell whether a certificate or CRL is signed with a listed algorithm.

    Raises:
        ValueError: its parameters cannot be read.
    """
    if signed.signature_algorithm_oid not in CERTIFICATE_SIGNATURE_OIDS:
        return False
    digest = signed.signature_hash_algorithm
    return digest is not None and digest.name in HASHES


def _is_strong(public_key: object, rsa_bits: int) -> bool:
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key.curve.name in CURVES
    if not isinstance(public_key, rsa.RSAPublicKey):
        return False
    exponent = public_key.public_numbers().e
    # CA/Browser Forum BR 6.1.6: odd, and not so small that padding mistakes are fatal.
    in_size = rsa_bits <= public_key.key_size <= RSA_BITS_LIMIT
    return in_size and exponent >= 65537 and exponent % 2 == 1
