"""Raw bodies: small ones inside their envelope, large ones in chunks."""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime

from exchange.domain.records import Acceptance
from exchange.errors import ExchangeError
from exchange.storage.conflicts import body_missing, body_purged, envelope_missing
from exchange.storage.mongo.driver import Database, Document, available, find_one
from exchange.storage.mongo.transactions import Transaction
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId

CHUNK_BYTES = 1 << 20
_CHUNKS_PER_FETCH = 4
UNCLAIMED = ("storing", "stored", "spent", "dropping")
"""States of a body that no envelope has; the index of that name holds these alone."""


class Bodies:
    """Stores chunks before an acceptance claims them, and reads any body back.

    A body is `storing`, then `stored`, then `accepted`; until then it is an orphan. An
    upload that was read and claimed by nothing is `spent` after `stored`.
    """

    def __init__(self, database: Database) -> None:
        self._bodies = database["bodies"]
        self._chunks = database["body_chunks"]
        self._envelopes = database["envelopes"]

    async def store(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a body in chunks, each with its digest."""
        await self._mark(body_id, {"state": "storing"}, upsert=True)
        size = number = 0
        async for chunk in _rechunk(pieces):
            async with available():
                await self._chunks.insert_one(chunk_document(body_id, number, chunk))
            size += len(chunk)
            number += 1
        await self._mark(body_id, {"state": "stored", "size": size})

    async def read(
        self, envelope_id: EnvelopeId, offset: int, length: int | None
    ) -> AsyncIterator[bytes]:
        """Yield a slice of a body, each piece checked before it leaves.

        Raises:
            ExchangeError: ENVELOPE_NOT_FOUND, or as `read_of` says.
        """
        envelope = await self.find(envelope_id)
        if envelope is None:
            raise envelope_missing(envelope_id)
        async for piece in self.read_of(envelope, offset, length):
            yield piece

    async def find(self, envelope_id: EnvelopeId) -> Document | None:
        """Find an envelope with its body, if that is inline."""
        return await find_one(self._envelopes, {"_id": envelope_id})

    async def read_of(
        self, envelope: Document, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield a slice of the body of an envelope that was found.

        Raises:
            ExchangeError: PAYLOAD_PURGED or STORED_BYTES_DAMAGED.
        """
        if "purged_at" in envelope:
            raise body_purged(envelope["_id"])
        end = envelope["size"] if length is None else offset + length
        end = min(end, envelope["size"])
        if offset >= end:
            return
        if "body" in envelope:
            yield _checked(envelope["body"], envelope["body_sha256"])[offset:end]
            return
        async for start, chunk in self._read_chunks(
            envelope["body_chunks"], offset, end
        ):
            yield chunk[max(0, offset - start) : end - start]

    async def read_stored(self, body_id: str, size: int) -> AsyncIterator[bytes]:
        """Yield a body that no envelope claims, each piece checked before it leaves.

        Raises:
            ExchangeError: STORED_BYTES_DAMAGED, it is gone or not whole.
        """
        async for _, chunk in self._read_chunks(body_id, 0, size):
            yield chunk

    async def drop_orphans(self, *, before: datetime) -> int:
        """Remove bodies begun before a time that no envelope claimed."""
        orphan = {"state": {"$in": list(UNCLAIMED)}, "begun_at": {"$lt": before}}
        dropped = 0
        async with available():
            async for body in self._bodies.find(orphan).hint("unclaimed"):
                same = {"_id": body["_id"], **orphan}
                # From here on no acceptance can claim it.
                await self._bodies.update_one(same, {"$set": {"state": "dropping"}})
                dropped += await self.drop(body["_id"])
        return dropped

    async def drop(self, body_id: str) -> int:
        """Remove a body that is on its way out; return how many that were."""
        dropping = {"_id": body_id, "state": "dropping"}
        if await self._bodies.find_one(dropping) is None:
            return 0
        await self._chunks.delete_many(
            {"_id": {"$gte": f"{body_id}/", "$lt": f"{body_id}0"}}
        )
        return (await self._bodies.delete_one(dropping)).deleted_count

    async def _mark(
        self, body_id: str, values: Document, *, upsert: bool = False
    ) -> None:
        change: Document = {"$set": values, "$currentDate": {"begun_at": True}}
        async with available():
            await self._bodies.update_one({"_id": body_id}, change, upsert=upsert)

    async def _read_chunks(
        self, body_id: str, offset: int, end: int
    ) -> AsyncIterator[tuple[int, bytes]]:
        number, last = offset // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        wanted = {
            "$gte": chunk_id(body_id, number),
            "$lte": chunk_id(body_id, last),
        }
        async with available():
            found = self._chunks.find({"_id": wanted}).sort("_id", 1)
            async for chunk in found.batch_size(_CHUNKS_PER_FETCH):
                if chunk["_id"] != chunk_id(body_id, number):
                    break
                yield number * CHUNK_BYTES, _checked(chunk["data"], chunk["sha256"])
                number += 1
        if number <= last:
            raise _damaged()


def claim(acceptance: Acceptance, transaction: Transaction) -> None:
    """Make a stored body part of an envelope.

    Raises:
        BodyMissingError: it is not stored completely, or taken.
    """
    whole = {
        "_id": acceptance.body_chunks,
        "state": "stored",
        "size": acceptance.envelope.size,
    }
    accepted = {"$set": {"state": "accepted"}}
    if not transaction.update_one("bodies", whole, accepted).matched_count:
        raise body_missing()


def give_up(body_id: str, transaction: Transaction) -> None:
    """Make an accepted body an orphan, to be dropped like one."""
    dropping = {"$set": {"state": "dropping"}}
    transaction.update_one("bodies", {"_id": body_id}, dropping)


async def _rechunk(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    buffer = bytearray()
    async for piece in pieces:
        buffer += piece
        while len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer[:CHUNK_BYTES])
            del buffer[:CHUNK_BYTES]
    if buffer:
        yield bytes(buffer)


def chunk_id(body_id: str, number: int) -> str:
    """Return the key of one chunk; keys of a body are in the order of its bytes."""
    return f"{body_id}/{number:08d}"


def chunk_document(body_id: str, number: int, chunk: bytes) -> Document:
    """Encode one chunk with its digest."""
    return {
        "_id": chunk_id(body_id, number),
        "data": chunk,
        "sha256": hashlib.sha256(chunk).hexdigest(),
    }


def _checked(data: bytes, sha256: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _damaged()
    return data


def _damaged() -> ExchangeError:
    return ExchangeError(ErrorCode.STORED_BYTES_DAMAGED, place="body")
