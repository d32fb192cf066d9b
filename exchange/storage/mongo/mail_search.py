"""Searching mail in MongoDB: a bounded walk of an index, and what is kept of it.

The walk gives ids in its order; envelopes are looked at in chunks until a page is full.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from exchange.domain.mail_filter import MailFilter
from exchange.storage.mongo.driver import Collection, Document, find_all
from schemas.folding import pattern_of_word

_CHUNK: Final = 250


def envelope_condition(wanted: MailFilter, *, party: str) -> Document:
    """Return what an envelope must be; `party` names the field of its other side."""
    found: Document = {}
    if wanted.parties is not None:
        found[party] = {"$in": sorted(wanted.parties)}
    if wanted.urgency:
        found["urgency"] = {"$gte": wanted.urgency}
    bounds = {"$gte": wanted.since, "$lt": wanted.until}
    named = {name: one for name, one in bounds.items() if one is not None}
    if named:
        found["accepted_at"] = named
    if wanted.paper is not None:
        found["paper"] = True if wanted.paper else {"$ne": True}
    if wanted.words:
        found["$and"] = [{"$or": _has_word(one)} for one in wanted.words]
    return found


def sent_condition(wanted: MailFilter) -> Document:
    """Return what an envelope that was sent must be.

    Recipients whom an update added are told by deliveries alone: what has any of them
    may fit, and whoever asks looks there.
    """
    condition = envelope_condition(wanted, party="recipients")
    if wanted.parties is not None:
        named = {"recipients": condition.pop("recipients")}
        condition["$or"] = [named, {"additions": {"$gt": 0}}]
    return condition


async def every_one(found: list[Document]) -> list[Document]:
    """Keep all that fits."""
    return found


async def first_fitting(
    envelopes: Collection,
    ids: Sequence[str],
    condition: Document,
    *,
    most: int,
    kept_of: Callable[[list[Document]], Awaitable[list[Document]]] = every_one,
) -> list[Document]:
    """Return the first envelopes that fit, without bodies, in the order of `ids`.

    Args:
        envelopes: where they are.
        ids: which may fit.
        condition: what they must be.
        most: how many are wanted.
        kept_of: what is kept of a chunk of those that fit.
    """
    kept: list[Document] = []
    for begin in range(0, len(ids), _CHUNK):
        chunk = list(ids[begin : begin + _CHUNK])
        fitting = {**condition, "_id": {"$in": chunk}}
        found = await find_all(envelopes, fitting, sort=[("_id", -1)], without="body")
        by_id = {one["_id"]: one for one in await kept_of(found)}
        kept += [by_id[one] for one in chunk if one in by_id]
        if len(kept) >= most:
            break
    return kept[:most]


def _has_word(word: str) -> list[Document]:
    regex = {"$regex": pattern_of_word(word)}
    fields = ("subject", "document_code", "application", "tasks")
    return [{name: regex} for name in fields]
