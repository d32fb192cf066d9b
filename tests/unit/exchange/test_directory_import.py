"""What an import may do to agencies on record, and what becomes of rights."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from exchange.domain.agency_orders import Close, Move, Rename
from exchange.domain.directory import standing
from exchange.domain.directory_file import DirectoryFileError
from exchange.domain.directory_import import imported_rows
from exchange.domain.parties import ActsFor, Agency, System
from exchange.domain.rights import carried_over, with_ended_rights
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import Level
from tests.support.agencies import TREE, agency, changed, directory, rows_of
from tests.support.pki import NOW

DAY = timedelta(days=1)
ONE, TWO = OrganId("H99.30.1"), OrganId("H99.30.2")
LIKE_A_GROUP = OrganId("H99_all.commune")


def system(*rights: ActsFor) -> System:
    return System(
        system_id=SystemId("a"), name="A", certificates=frozenset(), acts_for=rights
    )


def test_import_corrects_and_keeps_what_is_on_record_of_the_past() -> None:
    known = rows_of(changed(Rename(code=ONE, name="Mới")))
    corrected = replace(known[ONE], name="Mới (đúng)", former=())
    (row,) = imported_rows(known, [corrected], now=NOW)
    assert (row.name, row.former) == ("Mới (đúng)", known[ONE].former)


@pytest.fixture
def planned() -> dict[OrganId, Agency]:
    """Tomorrow one commune is renamed, and the day after put below another district."""
    known = changed(Rename(code=ONE, name="Mới"), at=NOW + DAY)
    move = Move(code=ONE, parent=OrganId("H99.31"))
    return rows_of(changed(move, known=known, at=NOW + 2 * DAY))


def test_list_of_today_undoes_nothing_that_was_decided_for_later(
    planned: Mapping[OrganId, Agency],
) -> None:
    (today,) = (one for one in TREE if one.code == ONE)
    assert imported_rows(planned, [today], now=NOW) == (planned[ONE],)
    exported = replace(planned[ONE], former=())
    assert imported_rows(planned, [exported], now=NOW) == (planned[ONE],)


def test_what_a_list_corrects_goes_on_until_it_changes(
    planned: Mapping[OrganId, Agency],
) -> None:
    (today,) = (one for one in TREE if one.code == ONE)
    wrong = replace(today, name="Cũ (đúng)", level=Level.DISTRICT, email="a@h99.vn")
    (row,) = imported_rows(planned, [wrong], now=NOW)
    stands = [standing(row, NOW + days * DAY) for days in range(3)]
    assert [one.name for one in stands] == ["Cũ (đúng)", "Mới", "Mới"]
    assert [one.parent for one in stands] == ["H99.30", "H99.30", "H99.31"]
    assert {(one.level, one.email) for one in stands} == {(Level.DISTRICT, "a@h99.vn")}


def test_import_never_opens_a_closed_code_again() -> None:
    known = rows_of(changed(Close(code=ONE, successor=TWO)))
    (before,) = (one for one in TREE if one.code == ONE)
    with pytest.raises(DirectoryFileError) as caught:
        imported_rows(known, [before], now=NOW)
    assert caught.value.place == ONE
    assert imported_rows(known, [known[ONE]], now=NOW) == (known[ONE],)


@pytest.mark.parametrize("end", [None, NOW + DAY])
def test_import_opens_nothing_that_an_import_closed(end: datetime | None) -> None:
    known = rows_of(directory())
    known[ONE] = replace(known[ONE], valid_to=NOW, successor=TWO)
    refused(known, replace(known[ONE], valid_to=end), place=ONE)


def test_end_to_come_may_be_corrected_and_stays_on_record() -> None:
    known = rows_of(directory())
    known[ONE] = replace(known[ONE], valid_to=NOW + DAY)
    later = replace(known[ONE], valid_to=NOW + 2 * DAY, successor=TWO)
    assert imported_rows(known, [later], now=NOW) == (later,)
    refused(known, replace(known[ONE], valid_to=None), place=ONE)


def test_end_of_the_past_may_be_corrected() -> None:
    known = rows_of(directory())
    known[ONE] = replace(known[ONE], valid_to=NOW - DAY)
    corrected = replace(known[ONE], valid_to=NOW - 2 * DAY)
    assert imported_rows(known, [corrected], now=NOW) == (corrected,)


def test_code_of_one_agency_is_no_other_code_of_another() -> None:
    """A list in the old form beside one in the new would take over documents."""
    old = OrganId("000.01.31.H99")
    like_another = agency(old, Level.COMMUNE, "H99.31")
    refused(rows_of(directory()), like_another, place=f"{old}: {old}")
    as_another = agency("H99.7", Level.COMMUNE, "H99", code_2016=ONE)
    refused(rows_of(directory()), as_another, place=f"H99.7: {ONE}")
    twice = [as_another, replace(as_another, code=OrganId("H99.8"))]
    refused({}, *twice, place=f"H99.7: {ONE}")


def test_code_of_2016_goes_over_to_another_in_one_list() -> None:
    known = rows_of(directory())
    code = known[OrganId("H99.31.1")].code_2016
    rows = (
        replace(known[OrganId("H99.31.1")], code_2016=None),
        replace(known[ONE], code_2016=code),
    )
    assert imported_rows(known, rows, now=NOW) == rows


def test_successors_of_a_list_are_known_and_never_lead_back() -> None:
    known = rows_of(directory())
    one, two = (
        replace(known[code], valid_to=NOW - DAY, successor=successor)
        for code, successor in ((ONE, TWO), (TWO, ONE))
    )
    refused(known, one, two, place=ONE)
    refused({**known, TWO: two}, one, place=ONE)
    refused(known, replace(one, successor=ONE), place=ONE)
    unknown = OrganId("H99.999")
    refused(known, replace(one, successor=unknown), place=f"{ONE} → {unknown}")
    new = agency(unknown, Level.COMMUNE, "H99")
    rows = (replace(one, successor=unknown), new)
    assert imported_rows(known, rows, now=NOW) == rows


def test_list_that_was_imported_before_changes_nothing_whatever_it_says() -> None:
    odd = replace(TREE[0], code_2016=OrganId("H98"), successor=OrganId("X1"))
    known = {one.code: one for one in (odd, *TREE[1:])}
    assert imported_rows(known, [odd], now=NOW) == (odd,)


def refused(known: Mapping[OrganId, Agency], *rows: Agency, place: str) -> None:
    with pytest.raises(DirectoryFileError) as caught:
        imported_rows(known, rows, now=NOW)
    assert caught.value.code == ErrorCode.DIRECTORY_IMPORT_INVALID
    assert caught.value.place == place


@pytest.mark.parametrize(
    "odd",
    [replace(TREE[0], code=LIKE_A_GROUP), replace(TREE[0], code_2016=LIKE_A_GROUP)],
    ids=["code", "code of 2016"],
)
def test_agency_is_never_called_like_a_group(odd: Agency) -> None:
    with pytest.raises(DirectoryFileError) as caught:
        imported_rows({}, [odd], now=NOW)
    assert caught.value.place == LIKE_A_GROUP


def test_right_that_is_taken_away_stays_on_record() -> None:
    before = system(ActsFor(ONE, NOW - DAY), ActsFor(TWO, NOW - DAY, NOW + DAY))
    after = with_ended_rights(before, system(ActsFor(ONE, NOW - DAY)), NOW)
    assert after.acts_for == (ActsFor(ONE, NOW - DAY), ActsFor(TWO, NOW - DAY, NOW))


def test_right_that_never_began_leaves_nothing() -> None:
    before = system(ActsFor(ONE, NOW + DAY))
    assert with_ended_rights(before, system(), NOW).acts_for == ()
    assert with_ended_rights(None, before, NOW) == before


def test_rights_go_over_to_the_new_code_on_its_day() -> None:
    ended = ActsFor(ONE, NOW - 2 * DAY, NOW - DAY)
    moved = system(ended, ActsFor(ONE, NOW - DAY), ActsFor(TWO, NOW - DAY))
    other = system(ActsFor(TWO, NOW))
    new = OrganId("H99.9")
    (change,) = carried_over([moved, other], ONE, new, NOW)
    assert change.before == moved
    assert change.after.acts_for == (
        ended,
        ActsFor(ONE, NOW - DAY, NOW),
        ActsFor(new, NOW),
        ActsFor(TWO, NOW - DAY),
    )
