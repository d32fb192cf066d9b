"""A small tree of agencies, and what tests do to it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from exchange.domain.agency_changes import DecidedChange, decide_change
from exchange.domain.agency_orders import Order
from exchange.domain.directory import Directory
from exchange.domain.parties import Agency
from schemas.identifiers import OrganId
from schemas.vocabulary import Level
from tests.support.pki import NOW

FOUNDED = NOW - timedelta(days=3650)
EVENT = "01JD6Q3V5W8X9YZ0ABCDEFGHJK"


def agency(
    code: str, level: Level, parent: str | None = None, **changes: object
) -> Agency:
    """An agency that was founded ten years ago."""
    plain = Agency(
        code=OrganId(code),
        name=f"Cơ quan {code}",
        parent=OrganId(parent) if parent else None,
        level=level,
        valid_from=FOUNDED,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


TREE = (
    agency("G22", Level.CENTRAL),
    agency("H98", Level.PROVINCE),
    agency("H99", Level.PROVINCE, code_2016=OrganId("000.00.00.H99")),
    agency("H99.30", Level.DISTRICT, "H99"),
    agency("H99.31", Level.DISTRICT, "H99"),
    agency("H99.30.1", Level.COMMUNE, "H99.30"),
    agency("H99.30.2", Level.COMMUNE, "H99.30"),
    agency("H99.31.1", Level.COMMUNE, "H99.31", code_2016=OrganId("000.01.31.H99")),
)


def directory(rows: Iterable[Agency] = TREE) -> Directory:
    """The directory of these rows."""
    return Directory.of(rows, version=1)


def rows_of(known: Directory) -> dict[OrganId, Agency]:
    """The rows of a directory by their own codes."""
    return {one.code: one for one in known.by_code.values()}


def after(known: Directory, change: DecidedChange) -> Directory:
    """The directory once a change is stored."""
    rows = {**rows_of(known), **{one.code: one for one in change.rows}}
    return Directory.of(rows.values(), version=known.version + 1)


def changed(
    *orders: Order, known: Directory | None = None, at: datetime = NOW
) -> Directory:
    """The tree after orders that take effect at `at`."""
    found = known or directory()
    for order in orders:
        decided = decide_change(found, order, effective=at, event_id=EVENT)
        found = after(found, decided)
    return found
