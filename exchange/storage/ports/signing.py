"""Signatures that are prepared here and made elsewhere."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile


class SigningStore(Protocol):
    """Signatures that are prepared here and made elsewhere."""

    async def store_file(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a file; it is dropped with the orphans, a day after.

        `body_id` is fresh for every try.
        """

    def read_file(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield a stored file in pieces checked by digest.

        Raises:
            ExchangeError: it is gone or damaged (STORED_BYTES_DAMAGED).
        """

    async def signing(self, signing_id: str) -> RemoteSigning | None:
        """Find a signing as it is now."""

    async def advance(self, step: SigningStep) -> RemoteSigning:
        """Store signing, audit line and log entry, or nothing.

        Nothing is stored when the signing is in another state, or has another value,
        than `step.before`: somebody else was faster, or this is a repeat.

        Returns:
            The signing as it is stored now; `step.after` if this step moved it.
        """

    async def drop(self, *, before: datetime) -> int:
        """Forget signings prepared before a time; return how many."""
