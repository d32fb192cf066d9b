"""Counts of agencies by month, and the sums of levels that are kept with them."""

from collections.abc import Collection, Iterator, Mapping

from pymongo import UpdateOne

from exchange.domain.counting import (
    AgencyCounts,
    CountedPlace,
    LevelKey,
    LevelTally,
    gathered,
    level_sums,
)
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, Tally
from exchange.domain.records import AuditLine
from exchange.storage.mongo.codec import audit_document
from exchange.storage.mongo.driver import Document
from exchange.storage.mongo.transactions import Transaction
from exchange.storage.ports.docket import TallyQuery
from schemas.identifiers import OrganId

ROWS = "statistics"
SUMS = "level_sums"


def count(counted: Collection[AgencyCounts], transaction: Transaction) -> None:
    """Add to the counts of agencies and to the sums they belong to."""
    if counted:
        transaction.change(ROWS, [adding_to_row(one) for one in counted])
        transaction.change(SUMS, list(adding_to_sums(counted)))


def recount(
    month: str, directory: Directory, audit: AuditLine, transaction: Transaction
) -> Collection[OrganId]:
    """Give the counts of a month the places a directory has, and add up anew.

    Whoever counts in this month meanwhile changes a row or a sum that this changes too:
    one of both begins again.
    """
    rows = transaction.find_all(ROWS, {"month": month})
    tallies = (tally for one in rows for tally in tallies_of(one))
    counted = gathered(tallies, directory)
    above = {one["agency"]: set(one["above"]) for one in rows}
    moved = [one for one in counted if above[one.agency] != set(one.place.above)]
    if moved:
        placing = (placing_row(row_id(month, one.agency), one.place) for one in moved)
        transaction.change(ROWS, list(placing))
    transaction.delete_many(SUMS, {"month": month})
    transaction.insert(SUMS, list(sums_of(counted)))
    transaction.insert("audit", [audit_document(audit)])
    return [one.agency for one in moved]


def row_id(month: str, agency: OrganId) -> str:
    """Return the id of the counts of an agency in a month."""
    return f"{month}/{agency}"


def placing_row(row: str, place: CountedPlace) -> UpdateOne:
    """Return what puts the counts of an agency below others."""
    return UpdateOne({"_id": row}, {"$set": {"above": list(place.above)}})


def sums_of(counted: Collection[AgencyCounts]) -> Iterator[Document]:
    """Yield the sums of all counts of a month."""
    for key, counts in level_sums(counted).items():
        numbers = {one.value: number for one, number in counts.items()}
        yield {"_id": sum_id(key), **sum_names(key), "counts": numbers}


def adding_to_row(counted: AgencyCounts) -> UpdateOne:
    """Return what adds to the counts of an agency in a month."""
    return UpdateOne(
        {"_id": row_id(counted.month, counted.agency)},
        {
            "$inc": _numbers(counted.counts),
            "$setOnInsert": {"month": counted.month, "agency": counted.agency},
            "$addToSet": {"above": {"$each": list(counted.place.above)}},
        },
        upsert=True,
    )


def adding_to_sums(counted: Collection[AgencyCounts]) -> Iterator[UpdateOne]:
    """Yield what adds to the sums of levels, in the order of their names."""
    for key, counts in sorted(level_sums(counted).items()):
        yield UpdateOne(
            {"_id": sum_id(key)},
            {"$inc": _numbers(counts), "$setOnInsert": sum_names(key)},
            upsert=True,
        )


def sum_id(key: LevelKey) -> str:
    """Return the id of a sum."""
    return f"{key.month}/{key.above}/{key.level}"


def sum_names(key: LevelKey) -> Document:
    """Return by what a sum is found."""
    return {"month": key.month, "above": key.above, "level": key.level}


def counted_rows(query: TallyQuery) -> Document:
    """Return which rows are asked for."""
    months: Document = {"$gte": query.first_month, "$lte": query.last_month}
    wanted: Document = {"month": months}
    if query.agency is not None:
        wanted["above" if query.with_below else "agency"] = query.agency
    if query.after is None:
        return wanted
    month, agency = query.after
    same = {"month": month, "agency": {"$gt": agency}}
    later = {"month": {"$gt": month, "$lte": query.last_month}}
    # Each alternative has the order of an index by itself.
    return {"$or": [{"$and": [wanted, one]} for one in (same, later)]}


def tallies_of(row: Document) -> Iterator[Tally]:
    """Yield the counts of a row."""
    for name, number in sorted(row["counts"].items()):
        yield Tally(row["month"], row["agency"], Count(name), number)


def level_tallies_of(found: Document) -> Iterator[LevelTally]:
    """Yield the counts of a sum."""
    for name, number in sorted(found["counts"].items()):
        yield LevelTally(found["month"], found["level"], Count(name), number)


def _numbers(counts: Mapping[Count, int]) -> dict[str, int]:
    return {f"counts.{one.value}": number for one, number in counts.items()}
