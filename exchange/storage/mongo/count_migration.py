"""From counts of agencies alone to counts with their place and the sums of levels.

A month is added up anew from all of its rows and put in place of what was there, so it
may be done again after it was broken off.
"""

from collections.abc import Sequence

from pymongo import UpdateOne

from exchange.domain.counting import AgencyCounts, level_sums, place_in
from exchange.domain.directory import Directory
from exchange.domain.docket import Count
from exchange.storage.mongo.agency_codec import agency_record
from exchange.storage.mongo.counts import ROWS, sum_id, sum_names
from exchange.storage.mongo.driver import Database, Document, find_all


async def place_counts(
    database: Database, rows: Sequence[Document]
) -> Sequence[UpdateOne]:
    """Let rows say below whom they were counted, as the directory has it now."""
    directory = await _directory(database)
    places = ((one, place_in(directory, one["agency"], one["month"])) for one in rows)
    return [
        UpdateOne({"_id": one["_id"]}, {"$set": {"above": list(place.above)}})
        for one, place in places
    ]


async def add_months_up(
    database: Database, rows: Sequence[Document]
) -> Sequence[UpdateOne]:
    """Add up the months whose first row is among these."""
    directory, changes = await _directory(database), []
    ids = {one["_id"] for one in rows}
    for month in sorted({one["month"] for one in rows}):
        if await _first(database, month) in ids:
            changes += await _sums(database, directory, month)
    return changes


async def _first(database: Database, month: str) -> str:
    rows, since = database[ROWS], {"_id": {"$gt": f"{month}/"}}
    found = await find_all(rows, since, sort=[("_id", 1)], limit=1)
    return str(found[0]["_id"])


async def _sums(
    database: Database, directory: Directory, month: str
) -> list[UpdateOne]:
    rows = await find_all(database[ROWS], {"month": month}, sort=[("_id", 1)])
    counted = (
        AgencyCounts(
            month,
            one["agency"],
            place_in(directory, one["agency"], month),
            {Count(name): number for name, number in one["counts"].items()},
        )
        for one in rows
    )
    return [
        UpdateOne(
            {"_id": sum_id(key)},
            {
                "$set": {
                    **sum_names(key),
                    "counts": {one.value: number for one, number in counts.items()},
                }
            },
            upsert=True,
        )
        for key, counts in level_sums(counted).items()
    ]


async def _directory(database: Database) -> Directory:
    found = await find_all(database["agencies"], {}, sort=[("_id", 1)])
    return Directory.of(map(agency_record, found), version=0)
