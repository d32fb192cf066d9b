"""How documents of earlier layouts become those of the present one.

Each layout has its steps. A step goes over one collection in the order of its ids and
says how documents change; doing it again changes nothing, so it may be killed anywhere.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pymongo import UpdateMany, UpdateOne

from exchange.domain.links import Matter
from exchange.domain.relations import matter_of
from exchange.errors import ExchangeError
from exchange.storage.mongo.bodies import Bodies
from exchange.storage.mongo.codec import of_envelope, with_values
from exchange.storage.mongo.count_migration import add_months_up, place_counts
from exchange.storage.mongo.driver import Database, Document, Filter, find_one
from exchange.storage.mongo.link_codec import matter_fields
from schemas.edxml.body import BodyScanner
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.reader import read
from schemas.errors import SchemaError
from schemas.vocabulary import EnvelopeKind
from schemas.xml import parse

Changes = Sequence[UpdateOne | UpdateMany]
_COUNTS_AT_ONCE: Final = 5_000
"""With each of them the directory is read."""

_DOCUMENTS: Final = {"kind": EnvelopeKind.DOCUMENT.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of many documents.

    Args:
        name: what it does, for people.
        reads: the collection it goes over.
        outdated: which documents of it.
        fields: what it looks at, beside the id.
        writes: the collection it changes.
        changes: what becomes of some of them.
        at_once: documents that are looked at together.
    """

    name: str
    reads: str
    outdated: Filter
    fields: tuple[str, ...]
    writes: str
    changes: Callable[[Database, Sequence[Document]], Awaitable[Changes]]
    at_once: int = 500


@dataclass(frozen=True, slots=True)
class Migration:
    """All that leads from the layout before to this one."""

    version: int
    steps: tuple[Step, ...]


async def _version_agencies(
    database: Database, agencies: Sequence[Document]
) -> Changes:
    """Let agencies count as changed with the present version of the directory."""
    directory = await find_one(database["meta"], {"_id": "directory"})
    version = directory["version"] if directory else 0
    return [
        UpdateOne(
            {"_id": one["_id"], "version": {"$exists": False}},
            {"$set": {"version": version}},
        )
        for one in agencies
    ]


async def _name_senders(_database: Database, envelopes: Sequence[Document]) -> Changes:
    """Let deliveries of documents name their sender, who keeps track of them."""
    return [
        UpdateMany(
            {**of_envelope(one["_id"]), "sender": {"$exists": False}},
            {"$set": {"sender": one["sender"]}},
        )
        for one in envelopes
    ]


async def _read_matters(database: Database, envelopes: Sequence[Document]) -> Changes:
    """Read anew what documents are about, from what was accepted."""
    changes = []
    for one in envelopes:
        matter = await _matter(database, one)
        fields = with_values(matter_fields(matter)) if matter else {}
        if fields:
            changes.append(UpdateOne({"_id": one["_id"]}, {"$set": fields}))
    return changes


async def _matter(database: Database, envelope: Document) -> Matter | None:
    """Return what a stored document is about; None where that cannot be read.

    It was read when it was accepted, so only damage or other limits stand in the way,
    and those are no reason not to start: the document is then found by its id alone.
    """
    try:
        scanner = BodyScanner(envelope["content_type"])
        async for piece in Bodies(database).read(envelope["_id"], 0, None):
            scanner.feed(piece)
        message = read(parse(scanner.finish().xml))
    except (ExchangeError, SchemaError):
        return None
    return matter_of(message) if isinstance(message, EdxmlDocument) else None


MIGRATIONS: Final = (
    Migration(
        2,
        (
            Step(
                name="agencies: version",
                reads="agencies",
                outdated={"version": {"$exists": False}},
                fields=(),
                writes="agencies",
                changes=_version_agencies,
            ),
            Step(
                name="deliveries: sender",
                reads="envelopes",
                outdated=_DOCUMENTS,
                fields=("sender",),
                writes="deliveries",
                changes=_name_senders,
            ),
            Step(
                name="envelopes: year and matter",
                reads="envelopes",
                outdated={
                    **_DOCUMENTS,
                    "year": {"$exists": False},
                    "purged_at": {"$exists": False},
                },
                fields=("content_type",),
                writes="envelopes",
                changes=_read_matters,
                at_once=50,
            ),
        ),
    ),
    # Other indexes; documents stay as they are.
    Migration(3, ()),
    Migration(
        4,
        (
            Step(
                name="statistics: above",
                reads="statistics",
                outdated={"above": {"$exists": False}},
                fields=("month", "agency"),
                writes="statistics",
                changes=place_counts,
                at_once=_COUNTS_AT_ONCE,
            ),
            Step(
                name="sums of levels",
                reads="statistics",
                outdated={},
                fields=("month",),
                writes="level_sums",
                changes=add_months_up,
                at_once=_COUNTS_AT_ONCE,
            ),
        ),
    ),
    # Other indexes; documents stay as they are.
    Migration(5, ()),
)
VERSION: Final = MIGRATIONS[-1].version


def steps_after(version: int) -> tuple[Step, ...]:
    """Return what leads from a layout to the present one, in order."""
    return tuple(
        step for one in MIGRATIONS if one.version > version for step in one.steps
    )
