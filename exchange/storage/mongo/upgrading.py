"""Bringing a database to the present layout, by one process at a time.

`meta/upgrade` is the lease and the place reached, by the clock of the database: whoever
takes over goes on there. Nothing of the layout before is needed any more once
`meta/schema` names the present one, and an older program refuses it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from pymongo.errors import DuplicateKeyError

from exchange.domain.leases import CLOCKS_APART
from exchange.errors import ExchangeError
from exchange.storage.mongo.driver import Database, Document, available
from exchange.storage.mongo.migrations import VERSION, Step, steps_after
from schemas.errors import ErrorCode

RESTORE: Final = "restore"
"""Marks, in `meta`, a database that is being filled from a backup."""

RESTORED: Final = "restored"
"""Says, in `meta`, how many log entries a database was filled with."""

_LEASE_SECONDS: Final = 10.0
_CLOCKS_APART: Final = int(CLOCKS_APART.total_seconds() * 1000)
_POLL_SECONDS: Final = 0.1
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The layout a database has.

    Args:
        found: its version; None for a database that was never used.
        known: the version this program works with.
        pending: steps to that version, each with the documents it looks at.
    """

    found: int | None
    known: int
    pending: tuple[tuple[str, int], ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether this program can work with it as it is."""
        return self.found in {None, self.known}


async def look(database: Database) -> Layout:
    """Tell what an upgrade would do; changes nothing.

    Raises:
        ExchangeError: a later version wrote this database (DATABASE_NEWER), or it is
            being filled from a backup (DATABASE_RESTORING).
    """
    async with available():
        await _require_whole(database)
        found = await _version(database)
        pending = [
            (step.name, await database[step.reads].count_documents(step.outdated))
            for step in steps_after(VERSION if found is None else found)
        ]
    return Layout(found=found, known=VERSION, pending=tuple(pending))


async def upgrade(
    database: Database,
    *,
    told: Told = lambda _name, _count: None,
    lease_seconds: float = _LEASE_SECONDS,
) -> None:
    """Bring a database to the present layout, or wait until another process has.

    Args:
        database: any that this program opened.
        told: hears of each step and how many documents it has just looked at.
        lease_seconds: how long a process that died keeps others waiting.

    Raises:
        ExchangeError: a later version wrote this database (DATABASE_NEWER), or it is
            being filled from a backup (DATABASE_RESTORING).
    """
    async with available():
        await _require_whole(database)
        await put_once(database, "schema", {"version": VERSION})
        work = _Upgrade(database, told, lease_seconds)
        while await _version(database) != VERSION:
            if not await work.goes_on():
                await asyncio.sleep(_POLL_SECONDS)


async def put_once(database: Database, name: str, values: Document) -> None:
    """Create a document of `meta` unless it is there."""
    with suppress(DuplicateKeyError):
        await database["meta"].update_one(
            {"_id": name}, {"$setOnInsert": values}, upsert=True
        )


async def is_newer(database: Database) -> bool:
    """Tell whether a later program has changed the layout by now."""
    async with available():
        found = await database["meta"].find_one({"_id": "schema"})
    return found is not None and found["version"] > VERSION


async def _require_whole(database: Database) -> None:
    if await database["meta"].find_one({"_id": RESTORE}) is not None:
        raise ExchangeError(ErrorCode.DATABASE_RESTORING, place=database.name)


async def _version(database: Database) -> int | None:
    found = await database["meta"].find_one({"_id": "schema"})
    if found is None:
        return None
    if found["version"] > VERSION:
        place = f"version {found['version']}, known {VERSION}"
        raise ExchangeError(ErrorCode.DATABASE_NEWER, place=place)
    return int(found["version"])


class _Upgrade:
    """One process's part in an upgrade."""

    def __init__(self, database: Database, told: Told, lease_seconds: float) -> None:
        self._database = database
        self._meta = database["meta"]
        self._told = told
        self._lease = int(lease_seconds * 1000)
        self._owner = uuid4().hex

    async def goes_on(self) -> bool:
        """Do all that is left; False while it is another process's to do."""
        place = await self._take()
        if place is None:
            return False
        steps = steps_after(place["from"])
        for number in range(place["step"], len(steps)):
            after = place["after"] if number == place["step"] else None
            if not await self._do(steps[number], number, after):
                return False
        await self._meta.update_one({"_id": "schema"}, {"$max": {"version": VERSION}})
        await self._meta.delete_one({"_id": "upgrade", "owner": self._owner})
        return True

    async def _take(self) -> Document | None:
        """Take the lease and return the place reached."""
        version = await _version(self._database)
        fresh = {"until": _LONG_AGO, "from": version, "step": 0, "after": None}
        await put_once(self._database, "upgrade", fresh)
        latest = {"$add": ["$$NOW", self._lease + _CLOCKS_APART]}
        ended = {"$expr": {"$lte": ["$until", "$$NOW"]}}
        never = {"$expr": {"$gt": ["$until", latest]}}
        held = {"_id": "upgrade", "$or": [{"owner": self._owner}, ended, never]}
        if not (await self._meta.update_one(held, [self._mine({})])).matched_count:
            return None
        return await self._meta.find_one({"_id": "upgrade", "owner": self._owner})

    async def _do(self, step: Step, number: int, after: object) -> bool:
        """Do a step from a place on; False when another process took over."""
        while True:
            batch = await self._next(step, after)
            if not batch:
                return True
            changes = await step.changes(self._database, batch)
            if changes:
                await self._database[step.writes].bulk_write(
                    list(changes), ordered=False
                )
            after = batch[-1]["_id"]
            reached = self._mine({"step": number, "after": {"$literal": after}})
            kept = await self._meta.update_one(
                {"_id": "upgrade", "owner": self._owner}, [reached]
            )
            if not kept.matched_count:
                return False
            self._told(step.name, len(batch))

    async def _next(self, step: Step, after: object) -> list[Document]:
        where = dict(step.outdated) | ({} if after is None else {"_id": {"$gt": after}})
        fields = dict.fromkeys(("_id", *step.fields), 1)
        found = self._database[step.reads].find(where, fields)
        return await found.sort("_id", 1).limit(step.at_once).to_list(None)

    def _mine(self, values: Document) -> Document:
        until = {"$add": ["$$NOW", self._lease]}
        return {"$set": {"owner": self._owner, "until": until, **values}}
