"""Bodies that may go, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from exchange.domain.records import Envelope
from exchange.domain.stuck import CLOCK_ASIDE, first_id_of
from exchange.storage.conflicts import purge_conflict
from exchange.storage.mongo.bodies import give_up
from exchange.storage.mongo.codec import key_of, of_envelope
from exchange.storage.mongo.commits import store_within
from exchange.storage.mongo.controls import take_back
from exchange.storage.mongo.driver import Database, available, find_all, find_one
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.transactions import Transaction, in_transaction
from exchange.storage.ports.retention import Purge
from schemas.identifiers import EnvelopeId

_BEGIN = "retention"


class MongoRetention:
    """Bodies that may go, and their going."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._envelopes = database["envelopes"]
        self._meta = database["meta"]

    async def kept(
        self, *, after: EnvelopeId, before: datetime, limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a body, accepted before a time, in the order of their ids.

        Looked for among ids of that time alone, and from the first body that is left.
        """
        first = {"$gt": after} if after else {"$gte": await self._begin()}
        wanted = {
            "_id": {**first, "$lt": first_id_of(before + CLOCK_ASIDE)},
            "accepted_at": {"$lt": before},
            "purged_at": None,
        }
        order = [("_id", 1)]
        found = await find_all(
            self._envelopes, wanted, sort=order, limit=limit, without="body"
        )
        if found and not after:
            await self._begin_at(found[0]["_id"])
        return [envelope_record(one) for one in found]

    async def purge(self, purge: Purge) -> bool:
        """Store the step and remove the body, or nothing.

        Chunks are only marked here; from then on they are orphans, which the
        housekeeper drops, again and again until they are gone.
        """
        return await in_transaction(self._database, partial(_purge, purge))

    async def _begin(self) -> str:
        found = await find_one(self._meta, {"_id": _BEGIN})
        return "" if found is None else str(found["envelope"])

    async def _begin_at(self, envelope_id: EnvelopeId) -> None:
        """Remember that all before it are purged, which they stay.

        What a clock that jumped back by years puts before it is kept for longer.
        """
        async with available():
            await self._meta.update_one(
                {"_id": _BEGIN}, {"$max": {"envelope": envelope_id}}, upsert=True
            )


def _purge(purge: Purge, transaction: Transaction) -> bool:
    """Mark the envelope first: whoever is late stops here.

    Whoever adds a recipient marks it too, so one of them sees what the other did.
    """
    before = transaction.take(
        "envelopes",
        {"_id": purge.envelope_id, "purged_at": None},
        {"$set": {"purged_at": purge.at}, "$unset": {"body": ""}},
        fields={"body_chunks": 1},
    )
    if before is None:
        return False
    if _is_unseen(purge, transaction):
        raise purge_conflict(purge.envelope_id)
    store_within([purge.step], transaction)
    if (body_id := before.get("body_chunks")) is not None:
        give_up(body_id, transaction)
    take_back(purge.freed, transaction)
    return True


def _is_unseen(purge: Purge, transaction: Transaction) -> bool:
    """Tell whether there is a delivery that was not looked at."""
    keys = [key_of(purge.envelope_id, one) for one in sorted(purge.looked_at)]
    others = {"$and": [of_envelope(purge.envelope_id), {"_id": {"$nin": keys}}]}
    return transaction.find_one("deliveries", others) is not None
