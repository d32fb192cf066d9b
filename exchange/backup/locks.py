"""How the key of a backup is kept in its header: by a passphrase or a certificate.

A lock writes what its opening needs into the header; a key opens headers of its kind.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

KEY_BYTES = 32
_SALT_BYTES = 16
_LOG_N = 17
"""RFC 7914: 128 MiB and some tenths of a second for each passphrase that is tried."""

_LARGEST_LOG_N = 20
_ONCE = bytes(12)
"""A nonce for keys that are used once."""

_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Header = Mapping[str, str | int]


class Lock(Protocol):
    """Keeps a key for whoever may open it."""

    def close(self, key: bytes) -> Header:
        """Return what the header of a backup says."""


class Opener(Protocol):
    """Opens what a lock closed."""

    def open(self, header: Header) -> bytes:
        """Return the key.

        Raises:
            ExchangeError: it was closed otherwise (BACKUP_NOT_OPENED).
        """


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Closes and opens by a passphrase (scrypt, RFC 7914)."""

    text: bytes
    log_n: int = _LOG_N

    def close(self, key: bytes) -> Header:
        """Return what the header of a backup says."""
        salt = secrets.token_bytes(_SALT_BYTES)
        wrapped = AESGCM(self._derive(salt, self.log_n)).encrypt(_ONCE, key, None)
        return {
            "lock": "passphrase",
            "salt": salt.hex(),
            "log_n": self.log_n,
            "key": wrapped.hex(),
        }

    def open(self, header: Header) -> bytes:
        """Return the key.

        Raises:
            ExchangeError: another passphrase, or none (BACKUP_NOT_OPENED).
        """
        log_n = header.get("log_n")
        if header.get("lock") != "passphrase" or not isinstance(log_n, int):
            raise not_opened("lock")
        if not 1 <= log_n <= _LARGEST_LOG_N:
            raise not_opened("log_n")
        derived = self._derive(_octets(header, "salt"), log_n)
        return _unwrap(derived, _octets(header, "key"))

    def _derive(self, salt: bytes, log_n: int) -> bytes:
        return Scrypt(salt=salt, length=KEY_BYTES, n=1 << log_n, r=8, p=1).derive(
            self.text
        )


@dataclass(frozen=True, slots=True)
class CertificateLock:
    """Closes for the owner of a certificate: RSA-OAEP, or ECDH with a key used once."""

    certificate: x509.Certificate

    def close(self, key: bytes) -> Header:
        """Return what the header of a backup says.

        Raises:
            ExchangeError: a key of another kind (BACKUP_NOT_OPENED).
        """
        public = self.certificate.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            return {"lock": "rsa", "key": public.encrypt(key, _OAEP).hex()}
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise ExchangeError(ErrorCode.BACKUP_NOT_OPENED, place="certificate")
        once = ec.generate_private_key(public.curve)
        point = _point(once.public_key())
        shared = _shared(once.exchange(ec.ECDH(), public), point, _point(public))
        wrapped = AESGCM(shared).encrypt(_ONCE, key, None)
        return {"lock": "ecdh", "point": point.hex(), "key": wrapped.hex()}


@dataclass(frozen=True, slots=True)
class PrivateKeyOpener:
    """Opens what was closed for the certificate of a private key."""

    private: PrivateKey

    def open(self, header: Header) -> bytes:
        """Return the key.

        Raises:
            ExchangeError: it was closed for another key (BACKUP_NOT_OPENED).
        """
        private, wrapped = self.private, _octets(header, "key")
        try:
            if isinstance(private, rsa.RSAPrivateKey) and header.get("lock") == "rsa":
                return private.decrypt(wrapped, _OAEP)
            if isinstance(private, ec.EllipticCurvePrivateKey):
                return self._exchanged(private, header, wrapped)
        except ValueError as error:
            raise not_opened("key") from error
        raise not_opened("lock")

    @staticmethod
    def _exchanged(
        private: ec.EllipticCurvePrivateKey, header: Header, wrapped: bytes
    ) -> bytes:
        if header.get("lock") != "ecdh":
            raise not_opened("lock")
        point = _octets(header, "point")
        once = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point)
        secret = private.exchange(ec.ECDH(), once)
        return _unwrap(_shared(secret, point, _point(private.public_key())), wrapped)


def not_opened(place: str) -> ExchangeError:
    """Return the refusal of a key that does not fit."""
    return ExchangeError(ErrorCode.BACKUP_NOT_OPENED, place=place)


def _unwrap(key: bytes, wrapped: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(_ONCE, wrapped, None)
    except (InvalidTag, ValueError) as error:
        raise not_opened("key") from error


def _shared(secret: bytes, *points: bytes) -> bytes:
    info = b"lienthong backup key" + b"".join(points)
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _octets(header: Header, name: str) -> bytes:
    text = header.get(name)
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError as error:
        raise not_opened(name) from error
