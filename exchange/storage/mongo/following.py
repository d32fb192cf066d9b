"""What the log brought, read as the docket wants it: no more than it goes by."""

from collections.abc import Collection

from exchange.domain.records import EnvelopeOutline
from exchange.storage.mongo.driver import SNAPSHOT, Database, Document, find_all
from exchange.storage.mongo.envelope_codec import OUTLINE, outline_record
from exchange.storage.mongo.shown import ENTRY_FIELDS, shown_by
from exchange.storage.ports.docket import Arrival, Followed
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import LogEntryType


async def followed(database: Database, after: int, limit: int) -> Followed:
    """Return what the log entries after an index brought, at most so many of them.

    Entries are committed in order, so the last one that is seen is no promise of
    others before it.
    """
    entries = await _entries(database, after, limit)
    shown = await shown_by(database, entries, ("envelope",))
    arrivals = [
        Arrival(one["log_index"], one["envelope"], one["recipient"]) for one in shown
    ]
    accepted = [
        EnvelopeId(one["envelope"])
        for one in entries
        if one["type"] == LogEntryType.ACCEPTED
    ]
    named = {*accepted, *(one.envelope_id for one in arrivals)}
    envelopes = await _envelopes(database, named) if named else {}
    return Followed(
        until=entries[-1]["_id"] if entries else after,
        leaves={one["_id"]: one["leaf"] for one in entries if one["makes_visible"]},
        arrivals=arrivals,
        accepted=[one for one in dict.fromkeys(accepted) if one in envelopes],
        envelopes=envelopes,
    )


async def _entries(database: Database, after: int, limit: int) -> list[Document]:
    return await find_all(
        database["log"].with_options(read_concern=SNAPSHOT),
        {"_id": {"$gt": after}},
        sort=[("_id", 1)],
        limit=limit,
        only=("type", "leaf", *ENTRY_FIELDS),
    )


async def _envelopes(
    database: Database, envelope_ids: Collection[EnvelopeId]
) -> dict[EnvelopeId, EnvelopeOutline]:
    wanted = {"_id": {"$in": list(envelope_ids)}}
    found = await find_all(
        database["envelopes"], wanted, sort=[("_id", 1)], only=OUTLINE
    )
    return {one["_id"]: outline_record(one) for one in found}
