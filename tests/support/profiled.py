"""What MongoDB did for a piece of work, by its own profiler."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from exchange.storage.mongo.driver import Database, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One command as the profiler tells it.

    Args:
        collection: it was about.
        plan: summary of it, such as ``IXSCAN { _id: 1 }``.
        examined: documents or keys of an index, whichever are more.
        returned: documents.
        sorts: whether it sorted what it had found.
    """

    collection: str
    plan: str
    examined: int
    returned: int
    sorts: bool


@dataclass(slots=True)
class Work:
    """Filled when the block ends.

    Args:
        queries: what looked something up.
        commands: how often which collection was asked for what (``query envelopes``);
            a transaction's commit is of no database, and not among them.
    """

    queries: list[Query] = field(default_factory=list)
    commands: Counter[str] = field(default_factory=Counter)

    @property
    def examined(self) -> int:
        """Documents or keys in all."""
        return sum(one.examined for one in self.queries)


@asynccontextmanager
async def profiled(database: Database) -> AsyncIterator[Work]:
    """Note every command that looks something up within the block."""
    work = Work()
    await database.command("profile", 2)
    try:
        yield work
    finally:
        await database.command("profile", 0)
    noted = await database["system.profile"].find().to_list(None)
    work.queries.extend(_query(one) for one in noted if "planSummary" in one)
    work.commands.update(_command(one) for one in noted)
    await database.drop_collection("system.profile")


def _command(entry: Document) -> str:
    return f"{entry['op']} {entry['ns'].partition('.')[2]}"


def _query(entry: Document) -> Query:
    return Query(
        collection=entry["ns"].partition(".")[2],
        plan=entry["planSummary"],
        examined=max(entry.get("docsExamined", 0), entry.get("keysExamined", 0)),
        returned=entry.get("nreturned", 0),
        sorts=entry.get("hasSortStage", False),
    )
