"""Searching mail in MongoDB: a bounded walk of an index, and what is kept of it."""

from typing import Final

from exchange.domain.mail_filter import MailFilter
from exchange.storage.mongo.driver import Document
from schemas.folding import pattern_of_word

ARRIVED_ENVELOPES: Final = "found"
"""Of a delivery that was found: its envelope, alone in a list."""

_AFTER_SLASH: Final = "0"  # the character after it in ASCII


def arrived_stages(walk: Document, wanted: MailFilter, *, limit: int) -> list[Document]:
    """Return the stages that find deliveries with their envelopes.

    Args:
        walk: the part of the index that is looked at.
        wanted: what they must be.
        limit: most that are returned.
    """
    state = {} if wanted.state is None else {"state": wanted.state.value}
    envelopes: Document = {
        "from": "envelopes",
        "localField": "envelope",
        "foreignField": "_id",
        "pipeline": [
            {"$match": _of_envelope(wanted, party="sender")},
            {"$project": {"body": 0}},
        ],
        "as": ARRIVED_ENVELOPES,
    }
    return [
        {"$match": {**walk, **state}},
        {"$sort": {"log_index": -1}},
        {"$lookup": envelopes},
        {"$match": {ARRIVED_ENVELOPES: {"$ne": []}}},
        {"$limit": limit},
    ]


def sent_stages(walk: Document, wanted: MailFilter, *, limit: int) -> list[Document]:
    """Return the stages that find documents that were sent.

    Args:
        walk: the part of the index that is looked at.
        wanted: what they must be.
        limit: most that are returned.
    """
    return [
        {"$match": {**walk, **_of_envelope(wanted, party="recipients")}},
        {"$sort": {"_id": -1}},
        *_with_state(wanted),
        {"$limit": limit},
        {"$project": {"body": 0, "reached": 0}},
    ]


def _of_envelope(wanted: MailFilter, *, party: str) -> Document:
    """Return what an envelope must be; `party` names its other side."""
    found: Document = {}
    if wanted.parties is not None:
        found[party] = {"$in": sorted(wanted.parties)}
    if wanted.urgency:
        found["urgency"] = {"$gte": wanted.urgency}
    if wanted.paper is not None:
        found["paper"] = True if wanted.paper else {"$ne": True}
    bounds = {"$gte": wanted.since, "$lt": wanted.until}
    named = {name: one for name, one in bounds.items() if one is not None}
    if named:
        found["accepted_at"] = named
    if wanted.words:
        found["$and"] = [{"$or": _has_word(one)} for one in wanted.words]
    return found


def _has_word(word: str) -> list[Document]:
    regex = {"$regex": pattern_of_word(word)}
    fields = ("subject", "document_code", "application", "tasks")
    return [{name: regex} for name in fields]


def _with_state(wanted: MailFilter) -> list[Document]:
    """Keep documents of which a delivery is in the state that is wanted."""
    if wanted.state is None:
        return []
    keys = [
        {"$gt": ["$_id", {"$concat": ["$$envelope", "/"]}]},
        {"$lt": ["$_id", {"$concat": ["$$envelope", _AFTER_SLASH]}]},
    ]
    deliveries: Document = {
        "from": "deliveries",
        "let": {"envelope": "$_id"},
        "pipeline": [
            {"$match": {"$expr": {"$and": keys}, "state": wanted.state.value}},
            {"$limit": 1},
            {"$project": {"_id": 1}},
        ],
        "as": "reached",
    }
    return [{"$lookup": deliveries}, {"$match": {"reached": {"$ne": []}}}]
