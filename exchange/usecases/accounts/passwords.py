"""Passwords: Argon2id (RFC 9106), a few at a time since each takes memory."""

import asyncio
import secrets
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

_SALT_BYTES, _KEY_BYTES = 16, 32
_AT_ONCE = 2
_LONGEST = 1024
"""Characters that are looked at; a longer password is another one."""


class Passwords:
    """Makes and checks digests of passwords.

    Args:
        memory_kib: memory of one digest.
        iterations: passes over it.
    """

    def __init__(self, *, memory_kib: int = 19 * 1024, iterations: int = 2) -> None:
        self._memory_kib, self._iterations = memory_kib, iterations
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = self._digest(secrets.token_bytes(_KEY_BYTES))

    async def digest(self, password: str) -> str:
        """Return the digest of a password, in the PHC string format."""
        async with self._places:
            return await asyncio.to_thread(self._digest, _octets(password))

    async def is_of(self, digest: str | None, password: str) -> bool:
        """Tell whether a digest is of a password; None takes as long, and is not."""
        async with self._places:
            same = await asyncio.to_thread(
                _matches, digest or self._nobodys, _octets(password)
            )
        return same and digest is not None

    def _digest(self, octets: bytes) -> str:
        return Argon2id(
            salt=secrets.token_bytes(_SALT_BYTES),
            length=_KEY_BYTES,
            iterations=self._iterations,
            lanes=1,
            memory_cost=self._memory_kib,
        ).derive_phc_encoded(octets)


def _octets(password: str) -> bytes:
    """Return the same octets however a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password[:_LONGEST]).encode(
        "utf-8", "surrogatepass"
    )


def _matches(digest: str, octets: bytes) -> bool:
    try:
        Argon2id.verify_phc_encoded(octets, digest)
    except InvalidKey:
        return False
    return True
