"""What the log brought, read as the docket wants it: no more than it goes by."""

from collections.abc import Collection, Sequence

from exchange.domain.records import EnvelopeOutline
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import SNAPSHOT, Database, Document, available
from exchange.storage.mongo.envelope_codec import OUTLINE, outline_record
from exchange.storage.ports.docket import Arrival, Followed
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import LogEntryType

_ENTRY = dict.fromkeys(("type", "envelope", "makes_visible", "leaf"), 1)
_ARRIVAL = {"_id": 0, "envelope": 1, "recipient": 1, "log_index": 1}


async def followed(database: Database, after: int, limit: int) -> Followed:
    """Return what the log entries after an index brought, at most so many of them.

    Entries are committed in order, so the last one that is seen is no promise of
    others before it.
    """
    entries = await _entries(database, after, limit)
    shown = [one for one in entries if one["makes_visible"]]
    arrivals = await _arrivals(database, shown) if shown else []
    accepted = [
        EnvelopeId(one["envelope"])
        for one in entries
        if one["type"] == LogEntryType.ACCEPTED
    ]
    named = {*accepted, *(one.envelope_id for one in arrivals)}
    envelopes = await _envelopes(database, named) if named else {}
    return Followed(
        until=entries[-1]["_id"] if entries else after,
        leaves={one["_id"]: one["leaf"] for one in shown},
        arrivals=arrivals,
        accepted=[one for one in dict.fromkeys(accepted) if one in envelopes],
        envelopes=envelopes,
    )


async def _entries(database: Database, after: int, limit: int) -> list[Document]:
    log = database["log"].with_options(read_concern=SNAPSHOT)
    async with available():
        found = log.find({"_id": {"$gt": after}}, _ENTRY).sort("_id", 1)
        return await found.limit(limit).batch_size(limit).to_list(None)


async def _arrivals(database: Database, shown: Sequence[Document]) -> list[Arrival]:
    wanted = [
        {**codec.of_envelope(one["envelope"]), "log_index": one["_id"]} for one in shown
    ]
    async with available():
        found = database["deliveries"].find({"$or": wanted}, _ARRIVAL)
        found = found.sort([("log_index", 1), ("recipient", 1)])
        return [
            Arrival(one["log_index"], one["envelope"], one["recipient"])
            for one in await found.to_list(None)
        ]


async def _envelopes(
    database: Database, envelope_ids: Collection[EnvelopeId]
) -> dict[EnvelopeId, EnvelopeOutline]:
    wanted = {"_id": {"$in": list(envelope_ids)}}
    async with available():
        found = await database["envelopes"].find(wanted, OUTLINE).to_list(None)
    return {one["_id"]: outline_record(one) for one in found}
