"""Kill a database and look at all of an exchange that it must still hold."""

import asyncio
import os
import signal

from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.ports import Storage
from schemas.identifiers import EnvelopeId, OrganId
from tests.support.stored import envelope_id


async def kill(mongo: EmbeddedMongo) -> None:
    """End mongod as a power failure would, and wait for the next one."""
    killed = mongo.pid
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(30):
        while mongo.pid == killed:  # noqa: ASYNC110 - another process changes
            await asyncio.sleep(0.02)


async def everything(storage: Storage, *, envelopes: int) -> dict[str, object]:
    """Read what is stored about the first `envelopes` numbers."""
    numbers = range(1, envelopes + 1)
    agencies = await storage.directory.agencies()
    return {
        "agencies": list(agencies),
        "directory": await storage.directory.version(),
        "changes": list(await storage.agency_history.events_of(OrganId("H99"))),
        "audit": list(await storage.audit.lines(limit=10_000)),
        "size": await storage.log.size(),
        "inbox": list(
            await storage.envelopes.inbox(
                [OrganId("H99"), OrganId("G22")], after=-1, limit=10_000
            )
        ),
        "envelopes": [await one_envelope(storage, envelope_id(n)) for n in numbers],
    }


async def one_envelope(storage: Storage, number: EnvelopeId) -> dict[str, object]:
    """Read all that belongs to one envelope; empty values where there is none."""
    envelopes = storage.envelopes
    envelope = await envelopes.envelope(number)
    body = b""
    if envelope is not None and envelope.purged_at is None:
        body = b"".join([piece async for piece in envelopes.read_body(number)])
    return {
        "envelope": envelope,
        "body": body,
        "deliveries": list(await envelopes.deliveries(number)),
        "receipts": list(await envelopes.receipts(number)),
        "statuses": list(await envelopes.statuses_of(number)),
        "pending": list(await storage.log.pending_of(number)),
        "entries": list(await storage.log.entries_of(number)),
    }
