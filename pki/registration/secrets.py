"""Passphrases of operators and secrets of codes: only a hash is kept.

What a person chose is hashed slowly, since it could be guessed from its hash. The
secret of a code is 160 random bits: nobody guesses it from any hash, and a slow one
would only keep the CA's one thread busy (NIST SP 800-63B 5.1.2.2: from 112 bits on any
approved hash is enough).
"""

import hashlib
import hmac
import secrets
import unicodedata

from pki.registration.records import HashedSecret, HashMethod

_SALT_BYTES = 16
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1  # RFC 7914 section 2; 16 MiB, some 40 ms
_MEMORY = 64 * 1024 * 1024
_SECRET_BYTES = 20

_NO_SALT, _NO_DIGEST = b"\0" * _SALT_BYTES, b"\0" * 32


def hash_passphrase(passphrase: bytes) -> HashedSecret:
    """Hash what a person chose, slowly, under a new salt."""
    return _hashed(HashMethod.SCRYPT, passphrase)


def hash_drawn(secret: bytes) -> HashedSecret:
    """Hash what `new_secret` drew, under a new salt; never what a person chose."""
    return _hashed(HashMethod.HMAC_SHA256, secret)


def is_secret(secret: bytes, kept: HashedSecret | None, method: HashMethod) -> bool:
    """Tell whether `secret` was hashed.

    Args:
        secret: what somebody gave.
        kept: what it must be; None for somebody who is not known, told as slowly.
        method: by which those who are known are hashed now.
    """
    compared = kept or HashedSecret(method=method, salt=_NO_SALT, digest=_NO_DIGEST)
    digest = _digest(compared.method, secret, compared.salt)
    return hmac.compare_digest(digest, compared.digest) and kept is not None


def new_secret() -> str:
    """Draw a secret that can be typed."""
    return secrets.token_hex(_SECRET_BYTES)


def new_id() -> str:
    """Draw the id of a request or code."""
    return secrets.token_hex(8)


def _hashed(method: HashMethod, secret: bytes) -> HashedSecret:
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(method, secret, salt)
    return HashedSecret(method=method, salt=salt, digest=digest)


def _digest(method: HashMethod, secret: bytes, salt: bytes) -> bytes:
    if method is HashMethod.HMAC_SHA256:
        return hmac.digest(salt, secret, "sha256")
    return hashlib.scrypt(
        _composed(secret), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY
    )


def _composed(secret: bytes) -> bytes:
    """Compose accents: keyboards differ in how they write the same letter."""
    try:
        return unicodedata.normalize("NFC", secret.decode()).encode()
    except UnicodeDecodeError:
        return secret
