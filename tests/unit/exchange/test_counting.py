"""Counts have one place in the tree, and sums of levels are few."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from exchange.domain.agency_orders import Merge, Move, NewAgency
from exchange.domain.counting import (
    EVERYBODY,
    CountedPlace,
    LevelKey,
    gathered,
    level_in,
    level_sums,
    place_in,
)
from exchange.domain.docket import Count, Tally
from schemas.identifiers import OrganId
from schemas.timestamps import VIETNAM
from schemas.vocabulary import Level
from tests.support.agencies import agency, changed, directory

COMMUNE, OTHER = OrganId("H99.30.1"), OrganId("H99.30.2")
DISTRICT, SECOND, PROVINCE = OrganId("H99.30"), OrganId("H99.31"), OrganId("H99")
OCTOBER, NOVEMBER, DECEMBER = "2026-10", "2026-11", "2026-12"
UNKNOWN = OrganId("A00")


def moment(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("effective", "months"),
    [
        (moment(11), (DISTRICT, SECOND, SECOND)),
        (moment(11) + timedelta(milliseconds=1), (DISTRICT, DISTRICT, SECOND)),
        (moment(11, 20), (DISTRICT, DISTRICT, SECOND)),
        (moment(12), (DISTRICT, DISTRICT, SECOND)),
        (moment(12, 2), (DISTRICT, DISTRICT, DISTRICT)),
    ],
    ids=["first of November", "just after", "in November", "December", "later"],
)
def test_month_counts_where_the_agency_is_when_it_begins(
    effective: datetime, months: tuple[OrganId, ...]
) -> None:
    known = changed(Move(code=COMMUNE, parent=SECOND), at=effective)

    places = [place_in(known, COMMUNE, one) for one in (OCTOBER, NOVEMBER, DECEMBER)]

    assert places == [
        CountedPlace("commune", (COMMUNE, parent, PROVINCE)) for parent in months
    ]


def test_level_of_a_month_is_that_of_its_beginning() -> None:
    move = Move(code=DISTRICT, parent=PROVINCE, level=Level.COMMUNE)
    known = changed(move, at=moment(11, 2))

    months = (NOVEMBER, DECEMBER)
    assert [level_in(known, DISTRICT, one) for one in months] == ["district", "commune"]


def test_agency_that_was_closed_keeps_its_place() -> None:
    into = NewAgency(code=OrganId("H99.99"), name="UBND xã mới", parent=PROVINCE)
    known = changed(Merge(sources=(COMMUNE, OTHER), into=into), at=moment(11, 20))

    above = (COMMUNE, DISTRICT, PROVINCE)
    assert place_in(known, COMMUNE, DECEMBER) == CountedPlace("commune", above)


def test_agency_nobody_knows_is_below_nobody_but_counts_for_all() -> None:
    (counted,) = gathered([Tally(NOVEMBER, UNKNOWN, Count.SENT)], directory())

    assert counted.place == CountedPlace("", (UNKNOWN,))
    assert level_sums([counted]) == {LevelKey(NOVEMBER, EVERYBODY, ""): {Count.SENT: 1}}


def test_what_an_agency_does_is_no_part_of_what_is_below_it() -> None:
    tallies = [
        Tally(NOVEMBER, one, Count.SENT, number)
        for number, one in enumerate((COMMUNE, OTHER, DISTRICT, PROVINCE), start=1)
    ]

    sums = level_sums(gathered(tallies, directory()))

    assert {(one.above, one.level): dict(sums[one]) for one in sums} == {
        (DISTRICT, "commune"): {Count.SENT: 3},
        (PROVINCE, "commune"): {Count.SENT: 3},
        (PROVINCE, "district"): {Count.SENT: 3},
        (EVERYBODY, "commune"): {Count.SENT: 3},
        (EVERYBODY, "district"): {Count.SENT: 3},
        (EVERYBODY, "province"): {Count.SENT: 4},
    }


def test_two_hundred_documents_of_a_province_change_three_sums() -> None:
    communes = [agency(f"H99.{100 + one}", Level.COMMUNE, "H99") for one in range(200)]
    known = directory([agency("H99", Level.PROVINCE), *communes])
    received = Tally(NOVEMBER, PROVINCE, Count.RECEIVED)
    tallies = [
        tally
        for one in communes
        for tally in (received, replace(received, agency=one.code, count=Count.SENT))
    ]

    counted = gathered(tallies, known)

    assert len(counted) == 201
    assert len(level_sums(counted)) == 3


def test_counts_of_one_agency_and_month_are_one_change() -> None:
    sent = Tally(NOVEMBER, COMMUNE, Count.SENT)
    later = replace(sent, month=DECEMBER)

    counted = gathered([later, sent, sent, replace(sent, number=5)], directory())

    assert [(one.month, dict(one.counts)) for one in counted] == [
        (NOVEMBER, {Count.SENT: 7}),
        (DECEMBER, {Count.SENT: 1}),
    ]
