"""Documents by their names and ties, in MongoDB."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from exchange.domain.records import Envelope
from exchange.storage.group import GroupCommitter
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Filter, available, find_all
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.ports.documents import DocumentQuery
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import (
    READABLE_DELIVERY_STATES,
    BusinessType,
    EnvelopeKind,
    StatusCode,
)

_READABLE = [state.value for state in READABLE_DELIVERY_STATES]
_OLDEST_FIRST = [("_id", 1)]
_MOST_ASKED = 64
_MOST_FOUND = 100


class MongoDocuments:
    """Documents by their names and ties."""

    def __init__(self, database: Database) -> None:
        self._envelopes = database["envelopes"]
        self._deliveries = database["deliveries"]
        self._asking = GroupCommitter(self._answer, weight=_one, limit=_MOST_ASKED)

    async def sent_as(self, query: DocumentQuery, *, limit: int) -> Sequence[Envelope]:
        """Documents that have one of the names asked for, oldest first."""
        names = _names(query)
        if not names:
            return ()
        return await self._found({"$or": names}, limit)

    async def first_new(self, query: DocumentQuery) -> Envelope | None:
        """Find the oldest new document that has one of the names asked for.

        Those who ask at the same time ask together: almost never is there one.
        """
        if not _names(query):
            return None
        asked = _Asked(query)
        await self._asking.submit(asked)
        return asked.found

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

    async def _answer(self, group: Sequence["_Asked"]) -> None:
        limit = 1 if len(group) == 1 else _MOST_FOUND
        found = await self._new(_joined([one.query for one in group]), limit)
        for one in group:
            named = (each for each in found if one.query.names(each))
            one.found = next(named, None)
            if one.found is None and 1 < limit == len(found):
                alone = await self._new(_names(one.query), 1)
                one.found = alone[0] if alone else None

    async def _new(self, names: Sequence[Filter], limit: int) -> list[Envelope]:
        is_new = {"business_type": BusinessType.NEW.value}
        return await self._found({"$or": list(names), **is_new}, limit)

    async def _found(self, condition: Filter, limit: int) -> list[Envelope]:
        found = await find_all(
            self._envelopes, condition, sort=_OLDEST_FIRST, limit=limit, without="body"
        )
        return [envelope_record(one) for one in found]


@dataclass(slots=True)
class _Asked:
    """A question of somebody who waits, and its answer."""

    query: DocumentQuery
    found: Envelope | None = None


def _one(_asked: _Asked) -> int:
    return 1


def _joined(queries: Sequence[DocumentQuery]) -> list[Filter]:
    """Return one condition for all names of a kind, sender and year."""
    kind = EnvelopeKind.DOCUMENT.value
    ids: defaultdict[OrganId, list[str]] = defaultdict(list)
    codes: defaultdict[tuple[OrganId, int], list[str]] = defaultdict(list)
    for one in queries:
        if one.document_id is not None:
            ids[one.sender].append(one.document_id)
        if one.code and one.year is not None:
            codes[one.sender, one.year].append(one.code)
    by_id = (
        {"kind": kind, "sender": sender, "document_id": {"$in": named}}
        for sender, named in ids.items()
    )
    by_code = (
        {"kind": kind, "sender": sender, "document_code": {"$in": named}, "year": year}
        for (sender, year), named in codes.items()
    )
    return [*by_id, *by_code]


def _names(query: DocumentQuery) -> list[Filter]:
    """Return a condition for each name, each with an index of its own."""
    common = {"kind": EnvelopeKind.DOCUMENT.value, "sender": query.sender}
    names: list[Filter] = []
    if query.document_id is not None:
        names.append({**common, "document_id": query.document_id})
    if query.code and query.year is not None:
        names.append({**common, "document_code": query.code, "year": query.year})
    return names
