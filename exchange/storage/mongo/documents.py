"""Documents by their names and ties, in MongoDB."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pymongo.collection

from exchange.domain.records import Envelope
from exchange.domain.relations import KnownDocument
from exchange.storage.group import GroupCommitter
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Document, Filter, available
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
_WITHOUT_BODY: Filter = {"body": 0}
_NAMES: Filter = dict.fromkeys(
    ("sender", "recipients", "document_id", "document_code", "year"), 1
)
_Names = Mapping[str, Sequence[Filter]]
_MOST_ASKED = 64
_GATHER_SECONDS = 0.02
"""While others ask: a question costs nearly the same, about one document or ten."""
_MOST_FOUND = 100
_THREADS = 8


class MongoDocuments:
    """Documents by their names and ties."""

    def __init__(self, database: Database) -> None:
        self._envelopes = database["envelopes"]
        self._deliveries = database["deliveries"]
        # Every intake asks: it must not wait for what others do in threads of all.
        self._threads = ThreadPoolExecutor(_THREADS, "documents")
        self._asking = GroupCommitter(
            self._answer,
            weight=_one,
            limit=_MOST_ASKED,
            gather_seconds=_GATHER_SECONDS,
        )

    async def sent_as(self, query: DocumentQuery, *, limit: int) -> Sequence[Envelope]:
        """Documents that have one of the names asked for, oldest first."""
        search = _Search(_joined([query]), limit, also=_narrowed(query))
        return [envelope_record(one) for one in await self._found(search)]

    async def first_new(self, query: DocumentQuery) -> KnownDocument | None:
        """Find the oldest new document that has one of the names asked for.

        Those who ask at the same time ask together: almost never is there one.
        """
        if not _joined([query]):
            return None
        asked = _Asked(query)
        await self._asking.submit(asked)
        return asked.found

    async def linked_to(
        self, envelope_id: EnvelopeId, *, shown_to: Collection[OrganId], limit: int
    ) -> Sequence[Envelope]:
        """Envelopes with a tie to this one that some agencies may see, oldest first."""
        shown = _shown(envelope_id, list(shown_to))
        tied = {"links": {"$exists": True}, "links.envelope": envelope_id, **shown}
        found = self._envelopes.find(tied, _WITHOUT_BODY).hint("linked")
        async with available():
            page = await found.sort(_OLDEST_FIRST).limit(limit).to_list(None)
        return [envelope_record(one) for one in page]

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
        found = await self._new([one.query for one in group], limit)
        for one in group:
            named = (each for each in found if one.query.names(each))
            one.found = next(named, None)
            if one.found is None and 1 < limit == len(found):
                alone = await self._new([one.query], 1)
                one.found = alone[0] if alone else None

    async def _new(
        self, queries: Sequence[DocumentQuery], limit: int
    ) -> Sequence[KnownDocument]:
        is_new = {"business_type": BusinessType.NEW.value}
        search = _Search(_joined(queries), limit, also=is_new, fields=_NAMES)
        return [_known(one) for one in await self._found(search)]

    async def _found(self, search: "_Search") -> Sequence[Document]:
        """Find documents by their names, the oldest first: one thread asks it all."""
        asking = partial(_found_by_names, self._envelopes.delegate, search)
        loop = asyncio.get_running_loop()
        async with available():
            return await loop.run_in_executor(self._threads, asking)


@dataclass(frozen=True, slots=True)
class _Search:
    """Which documents are looked for, how many, and what of them is read."""

    names: _Names
    limit: int
    also: Filter = field(default_factory=dict)
    fields: Filter = field(default_factory=lambda: _WITHOUT_BODY)


@dataclass(slots=True)
class _Asked:
    """A question of somebody who waits, and its answer."""

    query: DocumentQuery
    found: KnownDocument | None = None


def _shown(envelope_id: EnvelopeId, agencies: Sequence[OrganId]) -> Filter:
    """Say that one of some agencies may see a tie: its sender, or whom it names."""
    to_all, to_some = {"recipients": None}, {"recipients": {"$in": agencies}}
    tie = {"envelope": envelope_id, "$or": [to_all, to_some]}
    received = {**to_some, "links": {"$elemMatch": tie}}
    return {"$or": [{"sender": {"$in": agencies}}, received]}


def _narrowed(query: DocumentQuery) -> Filter:
    """Say what is left out; of whom updates added, deliveries alone tell."""
    left: Document = {}
    if query.without is not None:
        left["business_type"] = {"$ne": query.without.value}
    if query.reaching is not None:
        addressed = {"recipients": {"$in": sorted(query.reaching)}}
        left["$and"] = [{"$or": [addressed, {"additions": {"$gt": 0}}]}]
    return left


def _found_by_names(
    envelopes: "pymongo.collection.Collection[Document]", search: _Search
) -> Sequence[Document]:
    by_id = {
        one["_id"]: one
        for index in search.names
        for one in _by_index(envelopes, search, index)
    }
    return [by_id[one] for one in sorted(by_id)[: search.limit]]


def _by_index(
    envelopes: "pymongo.collection.Collection[Document]", search: _Search, index: str
) -> Iterable[Document]:
    """Find by one index; left to itself, MongoDB may go through all of a sender.

    So it does with all names in one ``$or``, too: a plan that was the best for a
    sender of two documents is kept, and taken for one of 20,000 (6.0).
    """
    condition = {"$or": search.names[index], **search.also}
    found = envelopes.find(condition, search.fields).hint(index)
    return found.sort(_OLDEST_FIRST).limit(search.limit)


def _one(_asked: _Asked) -> int:
    return 1


def _known(document: Document) -> KnownDocument:
    return KnownDocument(
        envelope_id=document["_id"],
        sender=document["sender"],
        recipients=tuple(document["recipients"]),
        document_id=document.get("document_id"),
        code=document["document_code"],
        year=document.get("year"),
    )


def _joined(queries: Sequence[DocumentQuery]) -> _Names:
    """Return one condition for all names of a kind, sender and year, by their index."""
    ids: defaultdict[OrganId, list[str]] = defaultdict(list)
    codes: defaultdict[tuple[OrganId, int], list[str]] = defaultdict(list)
    for one in queries:
        if one.document_id is not None:
            ids[one.sender].append(one.document_id)
        if one.code and one.year is not None:
            codes[one.sender, one.year].append(one.code)
    kind = {"kind": EnvelopeKind.DOCUMENT.value}
    names: _Names = {
        "by_document_id": [
            {**kind, "sender": sender, "document_id": {"$in": named}}
            for sender, named in ids.items()
        ],
        "by_code": [
            {**kind, "sender": sender, "document_code": {"$in": named}, "year": year}
            for (sender, year), named in codes.items()
        ],
    }
    return {index: some for index, some in names.items() if some}
