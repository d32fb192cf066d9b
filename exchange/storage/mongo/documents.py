"""Documents by their names and ties, in MongoDB."""

from collections.abc import Collection, Sequence

from exchange.domain.records import Envelope
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Filter, available, find_all
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.ports.documents import DocumentQuery
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import READABLE_DELIVERY_STATES, EnvelopeKind, StatusCode

_READABLE = [state.value for state in READABLE_DELIVERY_STATES]
_OLDEST_FIRST = [("_id", 1)]


class MongoDocuments:
    """Documents by their names and ties."""

    def __init__(self, database: Database) -> None:
        self._envelopes = database["envelopes"]
        self._deliveries = database["deliveries"]

    async def sent_as(self, query: DocumentQuery, *, limit: int) -> Sequence[Envelope]:
        """Documents that have one of the names asked for, oldest first."""
        names = _names(query)
        if not names:
            return ()
        return await self._found({"$or": names}, limit)

    async def linked_to(
        self, envelope_id: EnvelopeId, *, limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a tie to this one, oldest first."""
        tied = {"links": {"$exists": True}, "links.envelope": envelope_id}
        return await self._found(tied, limit)

    async def open_payload(
        self, envelope_id: EnvelopeId, recipients: Collection[OrganId]
    ) -> bool:
        """Note that the payload is handed out to these recipients."""
        readable = {
            "_id": {"$in": [codec.key_of(envelope_id, one) for one in recipients]},
            "state": {"$in": _READABLE},
            "$or": [{"recall": None}, {"recall.answer": StatusCode.DECLINED.value}],
        }
        change = {"$set": {"opened": True}, "$inc": {"steps": 1}}
        async with available():
            opened = await self._deliveries.update_many(readable, change)
        return bool(opened.matched_count)

    async def _found(self, condition: Filter, limit: int) -> list[Envelope]:
        found = await find_all(
            self._envelopes, condition, sort=_OLDEST_FIRST, limit=limit, without="body"
        )
        return [envelope_record(one) for one in found]


def _names(query: DocumentQuery) -> list[Filter]:
    """Return a condition for each name, each with an index of its own."""
    common = {"kind": EnvelopeKind.DOCUMENT.value, "sender": query.sender}
    names: list[Filter] = []
    if query.document_id is not None:
        names.append({**common, "document_id": query.document_id})
    if query.code and query.year is not None:
        names.append({**common, "document_code": query.code, "year": query.year})
    return names
