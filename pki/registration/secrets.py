"""Passphrases of operators and secrets of codes: only a slow hash is kept."""

import hashlib
import hmac
import secrets
import unicodedata

from pki.registration.records import SlowHash

_SALT_BYTES = 16
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1  # RFC 7914 section 2; 16 MiB, some 40 ms
_MEMORY = 64 * 1024 * 1024
_SECRET_BYTES = 20

_NOBODY = SlowHash(salt=b"\0" * _SALT_BYTES, digest=b"\0" * 32)


def slow_hash(secret: bytes) -> SlowHash:
    """Hash a secret under a new salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return SlowHash(salt=salt, digest=_scrypt(secret, salt))


def is_secret(secret: bytes, kept: SlowHash | None) -> bool:
    """Tell whether `secret` was hashed; as slow for somebody who is not known."""
    compared = kept or _NOBODY
    same = hmac.compare_digest(_scrypt(secret, compared.salt), compared.digest)
    return same and kept is not None


def new_secret() -> str:
    """Draw a secret that can be typed."""
    return secrets.token_hex(_SECRET_BYTES)


def new_id() -> str:
    """Draw the id of a request or code."""
    return secrets.token_hex(8)


def _scrypt(secret: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(
        _composed(secret), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY
    )


def _composed(secret: bytes) -> bytes:
    """Compose accents: keyboards differ in how they write the same letter."""
    try:
        return unicodedata.normalize("NFC", secret.decode()).encode()
    except UnicodeDecodeError:
        return secret
