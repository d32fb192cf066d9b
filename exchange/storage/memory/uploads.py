"""Uploads in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from exchange.domain.uploads import KEPT, Upload
from exchange.storage.conflicts import file_damaged, upload_conflict
from exchange.storage.memory.tables import Tables
from schemas.identifiers import SystemId


class MemoryUploads:
    """Bodies that come in pieces."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def begin(self, upload: Upload) -> None:
        """Store an upload without bytes."""
        self._tables.uploads[upload.upload_id] = upload
        self._tables.chunked[upload.upload_id] = (upload.expires_at - KEPT, b"")

    async def upload(self, upload_id: str) -> Upload | None:
        """Find an upload as it is now."""
        tables, taken = self._tables, self._tables.taken_uploads
        purged = upload_id in taken and taken[upload_id] not in tables.bodies
        return None if purged else tables.uploads.get(upload_id)

    async def append(self, upload: Upload, piece: bytes, *, now: datetime) -> Upload:
        """Store a piece, or nothing."""
        stored = self._tables.uploads.get(upload.upload_id)
        if stored is None or stored.is_used or stored.offset != upload.offset:
            raise upload_conflict(upload)
        _, body = self._tables.chunked[upload.upload_id]
        after = upload.grown(len(piece), now=now)
        self._tables.uploads[upload.upload_id] = after
        self._tables.chunked[upload.upload_id] = (now, body + piece)
        return after

    async def read(self, upload: Upload) -> AsyncIterator[bytes]:
        """Yield a whole upload."""
        tables = self._tables
        _, body = tables.chunked.get(upload.upload_id, (None, b""))
        taken = tables.taken_uploads.get(upload.upload_id)
        if taken is not None:
            body = tables.bodies.get(taken, b"")
        if len(body) != upload.length:
            raise file_damaged()
        yield body

    async def discard(self, upload_id: str) -> None:
        """Remove an upload that no envelope has taken."""
        stored = self._tables.uploads.get(upload_id)
        if stored is not None and _is_unused(stored):
            del self._tables.uploads[upload_id]
            self._tables.chunked.pop(upload_id, None)

    async def discard_empty(self, system_id: SystemId) -> bool:
        """Remove a system's oldest upload without bytes; tell whether there was one."""
        empty = [
            one
            for one in self._tables.uploads.values()
            if one.system_id == system_id and not one.offset and _is_unused(one)
        ]
        for one in sorted(empty, key=lambda each: each.expires_at)[:1]:
            await self.discard(one.upload_id)
        return bool(empty)

    async def spend(self, upload_id: str, *, until: datetime) -> None:
        """Keep a whole upload that no envelope has taken to be read until a time."""
        stored = self._tables.uploads.get(upload_id)
        if stored is not None and stored.is_whole and _is_unused(stored):
            spent = replace(stored, is_spent=True, expires_at=until)
            _, body = self._tables.chunked[upload_id]
            self._tables.uploads[upload_id] = spent
            self._tables.chunked[upload_id] = (until - KEPT, body)

    async def unused(self, system_id: SystemId) -> int:
        """Count a system's uploads that are neither taken nor spent."""
        return sum(
            one.system_id == system_id and _is_unused(one)
            for one in self._tables.uploads.values()
        )


def _is_unused(upload: Upload) -> bool:
    return not (upload.is_used or upload.is_spent)
