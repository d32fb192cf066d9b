"""What a private key can do, wherever it is kept.

Keys are loaded once and held: loading an RSA key checks it, which costs a hundred
times the signature (docs/adr/0003-own-signer.md).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import Certificate

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class SignatureScheme(StrEnum):
    """Signature algorithms this project creates and accepts."""

    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    RSA_PKCS1V15_SHA256 = "rsa-pkcs1v15-sha256"


class SigningKey(Protocol):
    """A private key that signs; it never leaves its place."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Sign `data` (hashed here); an ECDSA value is DER (RFC 3279 2.2.3).

        Raises:
            PkiError: the scheme does not fit the key.
        """


@dataclass(frozen=True, slots=True)
class Credential:
    """A key with its certificate and the certificates above it.

    Args:
        key: signs.
        certificate: belongs to `key`.
        chain: issuing certificates, nearest first, without the root.
    """

    key: SigningKey
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
