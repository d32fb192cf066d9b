"""What the log brought, read as the docket wants it: no more than it goes by."""

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

from exchange.domain.records import EnvelopeOutline
from exchange.storage.mongo.driver import SNAPSHOT, Database, Document, find_all
from exchange.storage.mongo.envelope_codec import OUTLINE, outline_record
from exchange.storage.mongo.shown import ENTRY_FIELDS, shown_by
from exchange.storage.ports.docket import Arrival, Followed
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import LogEntryType

_SHOWN_AT_ONCE = 10_000  # deliveries; rows of 100,000 outlive a transaction


async def followed(database: Database, after: int, limit: int) -> Followed:
    """Return what the log entries after an index brought, at most so many of them.

    Fewer where rows of all they show were more than one transaction can store.
    Entries are committed in order, so the last one that is seen is no promise of
    others before it.
    """
    waiting = await _entries(database, after, limit)
    about = {one["envelope"] for one in waiting if _is_accepted(one) or _shows(one)}
    envelopes = await _envelopes(database, about) if about else {}
    entries = _fitting(waiting, envelopes)
    shown = await shown_by(database, entries, ("envelope",))
    accepted = dict.fromkeys(one["envelope"] for one in entries if _is_accepted(one))
    return Followed(
        until=entries[-1]["_id"] if entries else after,
        leaves={one["_id"]: one["leaf"] for one in entries if _shows(one)},
        arrivals=[
            Arrival(one["log_index"], one["envelope"], one["recipient"])
            for one in shown
        ],
        accepted=[one for one in accepted if one in envelopes],
        envelopes=envelopes,
    )


def _is_accepted(entry: Document) -> bool:
    return bool(entry["type"] == LogEntryType.ACCEPTED)


def _shows(entry: Document) -> bool:
    return bool(entry["makes_visible"])


def _fitting(
    entries: Sequence[Document], envelopes: Mapping[EnvelopeId, EnvelopeOutline]
) -> Sequence[Document]:
    """Return the first entries, but few enough for one transaction."""
    shown = accumulate(
        len(one.get("shown_to") or envelopes[one["envelope"]].recipients)
        if _shows(one)
        else 0
        for one in entries
    )
    fitting = sum(total <= _SHOWN_AT_ONCE for total in shown)
    return entries[: max(1, fitting)]


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
