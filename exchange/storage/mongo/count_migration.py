"""From counts of agencies alone to counts with their place and the sums of levels.

A month is added up anew from all of its rows and put in place of what was there, so it
may be done again after it was broken off.
"""

from collections.abc import Sequence

from pymongo import UpdateOne

from exchange.domain.counting import gathered, place_in
from exchange.domain.directory import Directory
from exchange.storage.mongo.agency_codec import agency_record
from exchange.storage.mongo.counts import ROWS, placing_row, sums_of, tallies_of
from exchange.storage.mongo.driver import Database, Document, find_all


async def place_counts(
    database: Database, rows: Sequence[Document]
) -> Sequence[UpdateOne]:
    """Let rows say below whom they were counted, as the directory has it now."""
    directory = await _directory(database)
    return [
        placing_row(one["_id"], place_in(directory, one["agency"], one["month"]))
        for one in rows
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
    tallies = (tally for one in rows for tally in tallies_of(one))
    return [
        UpdateOne({"_id": one["_id"]}, {"$set": one}, upsert=True)
        for one in sums_of(gathered(tallies, directory))
    ]


async def _directory(database: Database) -> Directory:
    found = await find_all(database["agencies"], {}, sort=[("_id", 1)])
    return Directory.of(map(agency_record, found), version=0)
