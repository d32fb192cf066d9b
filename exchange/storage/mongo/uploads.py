"""Uploads in MongoDB: bodies whose chunks come one after the other.

A piece and the new offset are one transaction, so the offset never says more, or
less, than is stored, and of two connections that bring the same piece one is refused.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

from exchange.domain.uploads import KEPT, Upload
from exchange.storage.conflicts import file_damaged, upload_conflict
from exchange.storage.mongo.bodies import CHUNK_BYTES, Bodies, chunk_document, chunk_id
from exchange.storage.mongo.driver import LINEARIZABLE, Database, Document, available
from exchange.storage.mongo.transactions import Transaction, in_transaction
from schemas.identifiers import SystemId

_UNUSED = ("storing", "stored")
_SPENT = "spent"


class MongoUploads:
    """Bodies that come in pieces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = database["bodies"]
        self._bodies = Bodies(database)

    async def begin(self, upload: Upload) -> None:
        """Store an upload without bytes."""
        fields = {
            "system": upload.system_id,
            "length": upload.length,
            "metadata": upload.metadata,
            "expires_at": upload.expires_at,
        }
        values = {"state": "storing", "size": 0, "upload": fields}
        change: Document = {"$set": values, "$currentDate": {"begun_at": True}}
        async with available():
            await self._records.update_one(
                {"_id": upload.upload_id}, change, upsert=True
            )

    async def upload(self, upload_id: str) -> Upload | None:
        """Find an upload as it is now."""
        linearizable = self._records.with_options(read_concern=LINEARIZABLE)
        wanted = {
            "_id": upload_id,
            "upload": {"$exists": True},
            "state": {"$in": [*_UNUSED, _SPENT, "accepted"]},
        }
        async with available():
            found = await linearizable.find_one(wanted)
        return None if found is None else _record(found)

    async def append(self, upload: Upload, piece: bytes, *, now: datetime) -> Upload:
        """Store a piece, or nothing."""
        after = upload.grown(len(piece), now=now)
        work = partial(self._append, upload, piece, after)
        if not await in_transaction(self._database, work):
            raise upload_conflict(upload)
        return after

    async def read(self, upload: Upload) -> AsyncIterator[bytes]:
        """Yield a whole upload in pieces checked by digest."""
        async for piece in self._bodies.read_stored(upload.upload_id, upload.length):
            yield piece

    async def discard(self, upload_id: str) -> None:
        """Remove an upload that no envelope has taken."""
        unused = {
            "_id": upload_id,
            "upload": {"$exists": True},
            "state": {"$in": list(_UNUSED)},
        }
        async with available():
            await self._records.update_one(unused, {"$set": {"state": "dropping"}})
            await self._bodies.drop(upload_id)

    async def discard_empty(self, system_id: SystemId) -> bool:
        """Remove a system's oldest upload without bytes; tell whether there was one."""
        empty = {"upload.system": system_id, "state": "storing", "size": 0}
        dropping = {"$set": {"state": "dropping"}}
        async with available():
            found = await self._records.find_one_and_update(
                empty, dropping, sort=[("begun_at", 1)]
            )
            if found is not None:
                await self._bodies.drop(found["_id"])
        return found is not None

    async def spend(self, upload_id: str, *, until: datetime) -> None:
        """Keep a whole upload that no envelope has taken to be read until a time."""
        whole = {"_id": upload_id, "upload": {"$exists": True}, "state": "stored"}
        spent = {
            "state": _SPENT,
            "upload.expires_at": until,
            # So that it goes with the first orphans after that.
            "begun_at": until - KEPT,
        }
        async with available():
            await self._records.update_one(whole, {"$set": spent})

    async def unused(self, system_id: SystemId) -> int:
        """Count a system's uploads that are neither taken nor spent."""
        wanted = {"upload.system": system_id, "state": {"$in": list(_UNUSED)}}
        async with available():
            return await self._records.count_documents(wanted)

    def _append(
        self, upload: Upload, piece: bytes, after: Upload, transaction: Transaction
    ) -> bool:
        """Move the offset first: whoever is late stops here."""
        held = {"_id": upload.upload_id, "state": "storing", "size": upload.offset}
        values = {
            "state": "stored" if after.is_whole else "storing",
            "size": after.offset,
            "upload.expires_at": after.expires_at,
        }
        change: Document = {"$set": values, "$currentDate": {"begun_at": True}}
        moved = transaction.update_one("bodies", held, change)
        if not moved.matched_count:
            return False
        number, begun = divmod(upload.offset, CHUNK_BYTES)
        data = _begun(upload, number, begun, transaction) + piece
        for start in range(0, len(data), CHUNK_BYTES):
            place = number + start // CHUNK_BYTES
            chunk = data[start : start + CHUNK_BYTES]
            document = chunk_document(upload.upload_id, place, chunk)
            transaction.replace_one(
                "body_chunks", {"_id": document["_id"]}, document, upsert=True
            )
        return True


def _begun(upload: Upload, number: int, size: int, transaction: Transaction) -> bytes:
    """Return the bytes of a chunk that an earlier piece began."""
    if not size:
        return b""
    wanted = {"_id": chunk_id(upload.upload_id, number)}
    found = transaction.find_one("body_chunks", wanted)
    if found is None or len(found["data"]) != size:
        raise file_damaged()
    return bytes(found["data"])


def _record(document: Document) -> Upload:
    fields = document["upload"]
    return Upload(
        upload_id=document["_id"],
        system_id=fields["system"],
        length=fields["length"],
        expires_at=fields["expires_at"],
        offset=document["size"],
        metadata=fields.get("metadata", ""),
        is_used=document["state"] == "accepted",
        is_spent=document["state"] == _SPENT,
    )
