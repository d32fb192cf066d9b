"""Bodies that come in pieces."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, Protocol

from exchange.domain.uploads import Upload
from schemas.identifiers import SystemId

PIECE_BYTES: Final = 1 << 20
"""Pieces that end at multiples of this are written once."""


class UploadStore(Protocol):
    """Bodies that come in pieces; orphans until an acceptance names their id."""

    async def begin(self, upload: Upload) -> None:
        """Store an upload without bytes; its id is fresh."""

    async def upload(self, upload_id: str) -> Upload | None:
        """Find an upload as it is now, whichever process changed it."""

    async def append(self, upload: Upload, piece: bytes, *, now: datetime) -> Upload:
        """Store a piece at `upload.offset`, or nothing; return the upload after it.

        Raises:
            StateConflictError: the upload has another offset by now, or is gone
                (UPLOAD_OFFSET_WRONG).
        """

    def read(self, upload: Upload) -> AsyncIterator[bytes]:
        """Yield a whole upload in pieces checked by digest.

        Raises:
            ExchangeError: it is gone or damaged (STORED_BYTES_DAMAGED).
        """

    async def discard(self, upload_id: str) -> None:
        """Remove an upload that no envelope has taken; others stay."""

    async def discard_empty(self, system_id: SystemId) -> bool:
        """Remove a system's oldest upload without bytes; tell whether there was one."""

    async def spend(self, upload_id: str, *, until: datetime) -> None:
        """Keep a whole upload that no envelope has taken to be read until a time.

        No envelope takes it any more, and it counts no more; others stay as they are.
        """

    async def unused(self, system_id: SystemId) -> int:
        """Count a system's uploads that are neither taken nor spent."""
