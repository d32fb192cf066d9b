"""Filling MongoDB with months of traffic, in the shape the codecs write.

Every envelope was accepted, delivered, sequenced and entered in the docket, and what
failed has its time much later, so that a service that starts on it has nothing left to
do but what comes next.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Final

from pymongo import WriteConcern

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import DeliveryRetry
from exchange.storage.growth import grow
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Document
from exchange.storage.mongo.envelope_codec import envelope_document
from exchange.storage.mongo.schema import create_missing
from schemas.vocabulary import AuditEvent, DeliveryState, LogEntryType
from tests.support.counted import Counts, register_number
from tests.support.pki import NOW
from tests.support.places import Place, place_at, tree
from tests.support.stored import acceptance, audit_line, receipt
from tests.support.world import PROVINCE

_AT_ONCE: Final = 2_000
_BODY, _RECEIPT, _LEAF = b"x" * 1_500, b"r" * 2_300, b"l" * 160


async def load(database: Database, number: int) -> None:
    """Store envelopes with all that belongs to them.

    Indexes are made at the end: several times faster than row by row.

    Args:
        database: holds no envelope.
        number: how many there are afterwards; ids and times follow from it.
    """
    for name in (*_MAKERS, "log"):
        await database[name].drop_indexes()
    counts = Counts()
    for begin in range(0, number, _AT_ONCE):
        end = min(begin + _AT_ONCE, number)
        places = [place_at(place, number) for place in range(begin, end)]
        stored = (
            _store(database, name, chain.from_iterable(map(make, places)))
            for name, make in _MAKERS.items()
        )
        await asyncio.gather(*stored, _grow(database, places))
        counts.add(places)
    await _set(database, "docket", {"cursor": 2 * number - 1})
    await counts.store(database, tree())
    await create_missing(database)


async def _store(database: Database, name: str, documents: Iterable[Document]) -> None:
    fast = database.get_collection(name, write_concern=WriteConcern(w=1, j=False))
    await fast.insert_many(documents, ordered=False)


async def _set(database: Database, name: str, values: Document) -> None:
    await database["meta"].update_one({"_id": name}, {"$set": values}, upsert=True)


async def _grow(database: Database, places: Sequence[Place]) -> None:
    """Sequence two entries of each envelope."""
    held = await database["meta"].find_one({"_id": "log"})
    state = codec.log_state_record(held or {"size": 0, "frontier": ()})
    growth = grow(state, [one for place in places for one in _entries(place)])
    await _store(database, "log", map(codec.leaf_document, growth.leaves))
    after = {"size": growth.state.size, "frontier": list(growth.state.frontier)}
    await _set(database, "log", after)


def _entries(place: Place) -> Iterator[PendingLogEntry]:
    for number, kind in enumerate((LogEntryType.ACCEPTED, LogEntryType.STEP)):
        yield PendingLogEntry(
            entry_id=f"{place.envelope_id}{number}",
            entry_type=kind,
            envelope_id=place.envelope_id,
            leaf=b"%s%d%d" % (_LEAF, place.place, number),
            makes_visible=kind is LogEntryType.STEP,
        )


_ENVELOPE = replace(acceptance(1).envelope, urgency=0, receipt=_RECEIPT)
_LIKE_ENVELOPE = envelope_document(
    replace(acceptance(1), envelope=_ENVELOPE, body=_BODY)
)
_LIKE_DELIVERY = codec.delivery_document(_ENVELOPE, PROVINCE)
_RETRY = codec.retry_document(
    DeliveryRetry(failures=1, first_at=NOW, retry_at=NOW + timedelta(days=3650))
)
_LIKE_RECEIPT = codec.receipt_document(receipt(1, "delivered", content=_RECEIPT))
_LIKE_LINES = tuple(
    codec.audit_document(audit_line(1, one))
    for one in (AuditEvent.ENVELOPE_ACCEPTED, AuditEvent.ENVELOPE_DELIVERED)
)


def _envelope(place: Place) -> Iterator[Document]:
    yield {
        **_LIKE_ENVELOPE,
        "_id": place.envelope_id,
        "sender": place.sender,
        "recipients": [place.recipient],
        "message_id": f"message-{place.place}",
        "document_id": f"{place.sender},2026,{place.place}",
        "document_code": f"{place.place}/UBND",
        "year": 2026,
        "subject": f"Về việc kết nối liên thông, văn bản thứ {place.place}",
        "accepted_at": place.accepted_at,
    }


def _delivery(place: Place) -> Iterator[Document]:
    yield {
        **_LIKE_DELIVERY,
        "_id": codec.key_of(place.envelope_id, place.recipient),
        "envelope": place.envelope_id,
        "recipient": place.recipient,
        "sender": place.sender,
        "state": place.state.value,
        "log_index": 2 * place.place + 1,
        **({"retry": _RETRY} if place.state is DeliveryState.FAILED else {}),
    }


def _receipt(place: Place) -> Iterator[Document]:
    yield {
        **_LIKE_RECEIPT,
        "_id": codec.key_of(place.envelope_id, "delivered"),
        "envelope": place.envelope_id,
        "recorded_at": place.accepted_at,
        "entry": f"{place.envelope_id}1",
    }


def _lines(place: Place) -> Iterator[Document]:
    for like in _LIKE_LINES:
        yield {
            **like,
            "at": place.accepted_at,
            "actor": f"qlvb-{place.sender.lower()}",
            "subject": place.envelope_id,
        }


def _row(place: Place) -> Iterator[Document]:
    """Yield a row of the docket; what was never taken is late."""
    late = place.state is DeliveryState.AVAILABLE
    clocks = [{"clock": "confirm", "due_at": place.accepted_at}]
    yield {
        "_id": codec.key_of(place.envelope_id, place.recipient),
        "version": 1,
        "envelope": place.envelope_id,
        "recipient": place.recipient,
        "sender": place.sender,
        "arrived_at": place.accepted_at,
        "settled": [],
        "late": clocks if late else [],
        **({"told": [place.recipient]} if late else {}),
    }


_MAKERS: Final[dict[str, Callable[[Place], Iterator[Document]]]] = {
    "envelopes": _envelope,
    "deliveries": _delivery,
    "receipts": _receipt,
    "audit": _lines,
    "docket": _row,
    "register_numbers": register_number,
}
