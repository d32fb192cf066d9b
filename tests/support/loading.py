"""Filling MongoDB with months of traffic, in the shape the codecs write.

Every envelope was accepted, delivered, sequenced and entered in the docket, so that a
service that starts on it has nothing left to do but what comes next.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from pymongo import WriteConcern

from exchange.domain.records import PendingLogEntry
from exchange.domain.stuck import first_id_of
from exchange.storage.growth import grow
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Document
from exchange.storage.mongo.envelope_codec import envelope_document
from exchange.storage.mongo.schema import create_missing
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import AuditEvent, DeliveryState, LogEntryType
from tests.support.pki import NOW
from tests.support.stored import acceptance, audit_line, receipt
from tests.support.world import COMMUNE, PROVINCE

_AT_ONCE: Final = 2_000
_BETWEEN: Final = timedelta(seconds=10)
_OTHERS: Final = 3_000
_BODY, _RECEIPT, _LEAF = b"x" * 1_500, b"r" * 2_300, b"l" * 160
_STATES: Final = (
    *((DeliveryState.ACKNOWLEDGED,) * 950),
    *((DeliveryState.AVAILABLE,) * 30),
    *((DeliveryState.FAILED,) * 10),
    *((DeliveryState.DEAD_LETTER,) * 5),
    *((DeliveryState.HELD,) * 5),
)
"""Of a thousand deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One envelope among many.

    Args:
        place: from 0.
        envelope_id: in the order of the places.
        accepted_at: ten seconds after the one before.
    """

    place: int
    envelope_id: EnvelopeId
    accepted_at: datetime
    sender: OrganId
    recipient: OrganId

    @property
    def state(self) -> DeliveryState:
        """A number prime to a thousand scatters the states."""
        return _STATES[self.place * 997 % 1_000]


async def load(database: Database, number: int, *, first: int = 0) -> None:
    """Store envelopes with all that belongs to them.

    Indexes are made at the end: several times faster than row by row.

    Args:
        database: what it holds was loaded before.
        number: how many there are afterwards; ids and times follow from it.
        first: how many were loaded before.
    """
    for name in (*_MAKERS, "log"):
        await database[name].drop_indexes()
    for begin in range(first, number, _AT_ONCE):
        end = min(begin + _AT_ONCE, number)
        places = [_place(place, number) for place in range(begin, end)]
        stored = (
            _store(database, name, chain.from_iterable(map(make, places)))
            for name, make in _MAKERS.items()
        )
        await asyncio.gather(*stored, _grow(database, places))
    await _set(database, "docket", {"cursor": 2 * number - 1})
    await create_missing(database)


def accepted_at(place: int, number: int) -> datetime:
    """Return when an envelope was accepted, by its place among so many, from 0."""
    return NOW - (number - place) * _BETWEEN


def id_at(place: int, number: int) -> EnvelopeId:
    """Return the id of an envelope by its place among so many, from 0."""
    return _place(place, number).envelope_id


def _place(place: int, number: int) -> Place:
    moment = accepted_at(place, number)
    sender, recipient = _parties(place)
    return Place(
        place=place,
        envelope_id=EnvelopeId(f"{first_id_of(moment)[:10]}{place:016d}"),
        accepted_at=moment,
        sender=sender,
        recipient=recipient,
    )


def _parties(place: int) -> tuple[OrganId, OrganId]:
    """Every tenth is from the commune to its province: both have long lists."""
    if place % 10 == 0:
        return COMMUNE, PROVINCE
    sender, recipient = place % _OTHERS, (place * 7 + 1) % _OTHERS
    return OrganId(f"H98.{sender + 100}"), OrganId(f"H98.{recipient + 100}")


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
}
