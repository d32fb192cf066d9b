"""Signings and their files in memory."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile
from exchange.storage.conflicts import file_damaged
from exchange.storage.memory.tables import Tables


class MemorySigning:
    """Signatures that are prepared here and made elsewhere."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def store_file(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a file; it goes the way of orphans."""
        begun_at = datetime.now(UTC)
        body = b"".join([piece async for piece in pieces])
        self._tables.chunked[body_id] = (begun_at, body)

    async def read_file(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield a stored file."""
        _, body = self._tables.chunked.get(file.body_id, (None, b""))
        if len(body) != file.size:
            raise file_damaged()
        yield body

    async def signing(self, signing_id: str) -> RemoteSigning | None:
        """Find a signing."""
        return self._tables.signings.get(signing_id)

    async def advance(self, step: SigningStep) -> RemoteSigning:
        """Store a step if the signing is as the step starts from."""
        signings, signing_id = self._tables.signings, step.after.signing_id
        stored = signings.get(signing_id)
        if stored != step.before:
            return stored or step.after
        signings[signing_id] = step.after
        if step.entry is not None:
            self._tables.pending[step.entry.entry_id] = step.entry
        self._tables.audit.append(step.audit)
        return step.after

    async def drop(self, *, before: datetime) -> int:
        """Forget signings prepared before a time."""
        signings = self._tables.signings
        old = [key for key, one in signings.items() if one.prepared_at < before]
        for key in old:
            del signings[key]
        return len(old)
