"""A database of layout 1, with documents as the program of that layout wrote them.

The shapes are those of the codecs at 93f0996, the last before deliveries named their
sender, agencies their version, and envelopes their year.
"""

import hashlib
from datetime import timedelta
from itertools import product
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from exchange.domain.counting import AgencyCounts, gathered
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, Tally
from schemas.identifiers import OrganId
from schemas.vocabulary import Level
from tests.support.bodies import attachment, envelope
from tests.support.edxml import (
    CODE,
    PROMULGATION,
    RECIPIENT,
    SENDER,
    SUBJECT,
    TYPE,
    message_xml,
)
from tests.support.pki import NOW
from tests.support.stored import COMMUNE, PROVINCE, SYSTEM, envelope_id

Raw = AsyncIOMotorDatabase[dict[str, Any]]
DOCUMENTS = 4
CHUNKED, UNREADABLE, STATUS = 2, 3, 5
TALLIES = [
    Tally(month, agency, count, number)
    for number, (month, agency) in enumerate(
        product(("2026-10", "2026-11"), (COMMUNE, PROVINCE, OrganId("A00"))), start=1
    )
    for count in (Count.SENT, Count.SENT_SIGNED)
]
COUNTED = 6
"""Rows of agencies in months."""
LEVEL = Level.COMMUNE


async def fill(raw: Raw) -> None:
    """Store agencies, documents (one in chunks, one unreadable), a status, counts."""
    await raw["meta"].insert_many(
        [
            {"_id": "schema", "version": 1},
            {"_id": "directory", "version": 7},
            {"_id": "log", "size": 0, "frontier": []},
        ]
    )
    await raw["agencies"].insert_many(
        [{**_agency(COMMUNE), "parent": PROVINCE}, _agency(PROVINCE)]
    )
    await raw["statistics"].insert_many(map(_counted, gathered(TALLIES, Directory())))
    for number in range(1, DOCUMENTS + 1):
        await _store(raw, _envelope(number, _content(number)))
    await _store(
        raw,
        {
            **_envelope(STATUS, message_xml()),
            "kind": "status",
            "status_of": envelope_id(1),
        },
    )


def _content(number: int) -> bytes:
    if number == UNREADABLE:
        return envelope(attachment())
    return message_xml(SENDER, RECIPIENT, CODE, PROMULGATION, TYPE, SUBJECT)


def _counted(one: AgencyCounts) -> dict[str, Any]:
    return {
        "_id": f"{one.month}/{one.agency}",
        "month": one.month,
        "agency": one.agency,
        "counts": {count.value: number for count, number in one.counts.items()},
    }


def _agency(code: str) -> dict[str, Any]:
    return {
        "_id": code,
        "name": "UBND",
        "level": LEVEL.value,
        "email": "",
        "valid_from": NOW,
    }


async def _store(raw: Raw, document: dict[str, Any]) -> None:
    number = int(document["_id"])
    if number == CHUNKED:
        content = document.pop("body")
        document["body_chunks"] = "chunked"
        await raw["bodies"].insert_one(
            {"_id": "chunked", "state": "accepted", "size": len(content)}
        )
        await raw["body_chunks"].insert_one(
            {
                "_id": "chunked/00000000",
                "data": content,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    await raw["envelopes"].insert_one(document)
    await raw["deliveries"].insert_one(
        {
            "_id": f"{document['_id']}/{PROVINCE}",
            "envelope": document["_id"],
            "recipient": PROVINCE,
            "state": "available",
            "log_index": number,
        }
    )


def _envelope(number: int, content: bytes) -> dict[str, Any]:
    return {
        "_id": envelope_id(number),
        "kind": "document",
        "system": SYSTEM,
        "sender": COMMUNE,
        "recipients": [PROVINCE],
        "message_id": f"message-{number}",
        "content_type": "application/xml",
        "size": len(content),
        "body_sha256": hashlib.sha256(content).hexdigest(),
        "evidence_level": "signed",
        "accepted_at": NOW + timedelta(milliseconds=number),
        "attachments": [],
        "document_code": "214/UBND",
        "subject": "Về việc kiểm tra",
        "urgency": 0,
        "business_type": 0,
        "receipt": b"<receipt/>",
        "body": content,
    }
