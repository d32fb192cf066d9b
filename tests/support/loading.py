"""Filling MongoDB with months of traffic, in the shape the codec writes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from pymongo import WriteConcern

from exchange.domain.records import Envelope
from exchange.domain.stuck import first_id_of
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import Database, Document
from exchange.storage.mongo.envelope_codec import envelope_document
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState
from tests.support.pki import NOW
from tests.support.stored import acceptance, audit_line
from tests.support.world import COMMUNE, PROVINCE

_AT_ONCE: Final = 5_000
_BETWEEN: Final = timedelta(seconds=10)
_OTHERS: Final = 3_000
_STATES: Final = (
    *((DeliveryState.ACKNOWLEDGED,) * 950),
    *((DeliveryState.AVAILABLE,) * 30),
    *((DeliveryState.FAILED,) * 10),
    *((DeliveryState.DEAD_LETTER,) * 5),
    *((DeliveryState.HELD,) * 5),
)
"""Of a thousand deliveries."""


async def load(database: Database, number: int) -> None:
    """Store envelopes, a delivery of each, and an audit line; ten seconds apart.

    Every tenth is from the commune to its province, so that both have long lists.
    """
    for name, documents in (
        ("envelopes", _envelopes(number)),
        ("deliveries", _deliveries(number)),
        ("audit", _lines(number)),
    ):
        fast = database.get_collection(name, write_concern=WriteConcern(w=1, j=False))
        while batch := list(islice(documents, _AT_ONCE)):
            await fast.insert_many(batch, ordered=False)


def id_at(place: int, number: int) -> EnvelopeId:
    """Return the id of an envelope by its place among so many, from 0."""
    return EnvelopeId(f"{first_id_of(_accepted(place, number))[:10]}{place:016d}")


def _accepted(place: int, number: int) -> datetime:
    return NOW - (number - place) * _BETWEEN


def _sample() -> Envelope:
    return replace(acceptance(1).envelope, urgency=0)


def _parties(place: int) -> tuple[OrganId, OrganId]:
    if place % 10 == 0:
        return COMMUNE, PROVINCE
    sender, recipient = place % _OTHERS, (place * 7 + 1) % _OTHERS
    return OrganId(f"H98.{sender + 100}"), OrganId(f"H98.{recipient + 100}")


def _envelopes(number: int) -> Iterator[Document]:
    sample = replace(acceptance(1, body=b"x" * 2_000), envelope=_sample())
    like = envelope_document(sample)
    for place in range(number):
        sender, recipient = _parties(place)
        yield {
            **like,
            "_id": id_at(place, number),
            "sender": sender,
            "recipients": [recipient],
            "message_id": f"message-{place}",
            "document_id": f"{sender},2026,{place}",
            "document_code": f"{place}/UBND",
            "subject": f"Về việc kết nối liên thông, văn bản thứ {place}",
            "accepted_at": _accepted(place, number),
        }


def _deliveries(number: int) -> Iterator[Document]:
    sample = _sample()
    for place in range(number):
        sender, recipient = _parties(place)
        envelope_id = id_at(place, number)
        yield {
            **codec.delivery_document(sample, recipient),
            "_id": codec.key_of(envelope_id, recipient),
            "envelope": envelope_id,
            "sender": sender,
            # A number prime to a thousand scatters the states.
            "state": _STATES[place * 997 % 1_000].value,
            "log_index": place,
        }


def _lines(number: int) -> Iterator[Document]:
    like = codec.audit_document(audit_line(1))
    for place in range(number):
        sender, _ = _parties(place)
        yield {
            **like,
            "at": _accepted(place, number),
            "actor": f"qlvb-{sender.lower()}",
            "subject": id_at(place, number),
        }
