"""What log entries made visible, found by the deliveries they name where they do.

An entry that names whose deliveries it shows (`PendingLogEntry.shown_to`) shows no
others. One that does not, since they are many or an earlier version wrote it, shows
whatever of its envelope is readable and was not shown before. Either way a delivery
carries the index of the one entry that did.
"""

from collections.abc import Collection, Sequence

from exchange.domain.log_entries import PendingLogEntry
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Document, Filter, available
from schemas.identifiers import EnvelopeId

ENTRY_FIELDS = ("envelope", "makes_visible", "shown_to")
"""What has to be read of a log entry to find what it shows."""


def keys_of(entry: PendingLogEntry) -> list[str]:
    """Return the keys of the deliveries an entry names."""
    return _keys(entry.envelope_id, entry.shown_to)


async def shown_by(
    database: Database, entries: Sequence[Document], fields: Collection[str] = ()
) -> list[Document]:
    """Return the deliveries that log entries made visible, in log order.

    Args:
        database: where they are.
        entries: as they are stored, or `ENTRY_FIELDS` of them.
        fields: what is wanted of the deliveries besides what orders them; all if none.
    """
    shown = [one for one in entries if one["makes_visible"]]
    naming = {one["_id"]: one for one in shown if "shown_to" in one}
    found = await _named(database, naming, fields)
    found += await _unnamed(
        database, [one for one in shown if one["_id"] not in naming], fields
    )
    return sorted(found, key=lambda one: (one["log_index"], one["recipient"]))


async def _named(
    database: Database, entries: dict[int, Document], fields: Collection[str]
) -> list[Document]:
    keys = {
        key
        for one in entries.values()
        for key in _keys(one["envelope"], one["shown_to"])
    }
    if not keys:
        return []
    found = await _find(database, {"_id": {"$in": list(keys)}}, fields)
    return [one for one in found if one.get("log_index") in entries]


async def _unnamed(
    database: Database, entries: Sequence[Document], fields: Collection[str]
) -> list[Document]:
    if not entries:
        return []
    each = [
        {**codec.of_envelope(one["envelope"]), "log_index": one["_id"]}
        for one in entries
    ]
    return await _find(database, {"$or": each}, fields)


async def _find(
    database: Database, condition: Filter, fields: Collection[str]
) -> list[Document]:
    wanted = dict.fromkeys((*fields, "log_index", "recipient"), 1) if fields else None
    async with available():
        # The only index that fits; without a word of it, each range is planned apart.
        found = database["deliveries"].find(condition, wanted).hint("_id_")
        return await found.to_list(None)


def _keys(envelope_id: EnvelopeId, recipients: Collection[str]) -> list[str]:
    return [codec.key_of(envelope_id, one) for one in recipients]
