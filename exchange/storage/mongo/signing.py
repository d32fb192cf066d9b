"""Signings in MongoDB; their files are bodies that nobody ever accepts."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from functools import partial

from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile
from exchange.storage.mongo import codec
from exchange.storage.mongo.bodies import Bodies
from exchange.storage.mongo.driver import (
    LINEARIZABLE,
    Database,
    Document,
    DuplicateError,
    available,
)
from exchange.storage.mongo.signing_tasks import MongoSigningTasks
from exchange.storage.mongo.transactions import Transaction, in_transaction
from schemas.vocabulary import SigningState


class MongoSigning(MongoSigningTasks):
    """Signatures that are prepared here and made elsewhere."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._signings = database["signings"]
        self._bodies = Bodies(database)

    async def store_file(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a file; it goes the way of orphans."""
        await self._bodies.store(body_id, pieces)

    async def read_file(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield a stored file in pieces checked by digest."""
        async for piece in self._bodies.read_stored(file.body_id, file.size):
            yield piece

    async def signing(self, signing_id: str) -> RemoteSigning | None:
        """Find a signing as it is now, whichever process changed it."""
        linearizable = self._signings.with_options(read_concern=LINEARIZABLE)
        async with available():
            found = await linearizable.find_one({"_id": signing_id})
        return None if found is None else _record(found)

    async def advance(self, step: SigningStep) -> RemoteSigning:
        """Store a step if the signing is as the step starts from."""
        with suppress(DuplicateError):
            if await in_transaction(self._database, partial(self._advance, step)):
                return step.after
        stored = await self.signing(step.after.signing_id)
        return stored or step.after

    async def drop(self, *, before: datetime) -> int:
        """Forget signings prepared before a time."""
        async with available():
            gone = await self._signings.delete_many({"prepared_at": {"$lt": before}})
            await self._tasks.delete_many({"asked_at": {"$lt": before}})
        return gone.deleted_count

    def _advance(self, step: SigningStep, transaction: Transaction) -> bool:
        """Move the signing first: whoever is late stops here."""
        if step.before is None:
            transaction.insert("signings", [_document(step.after)])
        else:
            held = {
                "_id": step.before.signing_id,
                "state": step.before.state.value,
                "value": step.before.value,
            }
            moved = transaction.replace_one("signings", held, _document(step.after))
            if not moved.matched_count:
                return False
        entries = [codec.pending_document(step.entry)] if step.entry else []
        transaction.insert("log_pending", entries)
        transaction.insert("audit", [codec.audit_document(step.audit)])
        return True


def _document(signing: RemoteSigning) -> Document:
    return codec.with_values(
        {
            "_id": signing.signing_id,
            "system": signing.system_id,
            "agency": signing.agency,
            "state": signing.state.value,
            "prepared_at": signing.prepared_at,
            "expires_at": signing.expires_at,
            "prepared": _file_document(signing.prepared),
            "kept": signing.kept,
            "value": signing.value,
            "signed": signing.signed and _file_document(signing.signed),
            "level": signing.level,
            "code": signing.code,
        }
    )


def _record(document: Document) -> RemoteSigning:
    signed = document.get("signed")
    return RemoteSigning(
        signing_id=document["_id"],
        system_id=document["system"],
        agency=document["agency"],
        state=SigningState(document["state"]),
        prepared_at=document["prepared_at"],
        expires_at=document["expires_at"],
        prepared=StoredFile(**document["prepared"]),
        kept=document["kept"],
        value=document["value"],
        signed=StoredFile(**signed) if signed else None,
        level=document["level"],
        code=document["code"],
    )


def _file_document(file: StoredFile) -> Document:
    return {"body_id": file.body_id, "size": file.size, "sha256": file.sha256}
