"""What an import may do to agencies on record, and what becomes of rights."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.agency_orders import Close, Rename
from exchange.domain.directory_file import DirectoryFileError
from exchange.domain.directory_import import imported_rows
from exchange.domain.parties import ActsFor, System
from exchange.domain.rights import carried_over, with_ended_rights
from schemas.identifiers import OrganId, SystemId
from tests.support.agencies import TREE, changed, rows_of
from tests.support.pki import NOW

DAY = timedelta(days=1)
ONE, TWO = OrganId("H99.30.1"), OrganId("H99.30.2")


def system(*rights: ActsFor) -> System:
    return System(
        system_id=SystemId("a"), name="A", certificates=frozenset(), acts_for=rights
    )


def test_import_corrects_and_keeps_what_is_on_record_of_the_past() -> None:
    known = rows_of(changed(Rename(code=ONE, name="Mới")))
    corrected = replace(known[ONE], name="Mới (đúng)", former=())
    (row,) = imported_rows(known, [corrected])
    assert (row.name, row.former) == ("Mới (đúng)", known[ONE].former)


def test_import_never_opens_a_closed_code_again() -> None:
    known = rows_of(changed(Close(code=ONE, successor=TWO)))
    (before,) = (one for one in TREE if one.code == ONE)
    with pytest.raises(DirectoryFileError) as caught:
        imported_rows(known, [before])
    assert caught.value.place == ONE
    assert imported_rows(known, [known[ONE]]) == (known[ONE],)


def test_agency_is_never_called_like_a_group() -> None:
    odd = replace(TREE[0], code=OrganId("H99_all.commune"))
    with pytest.raises(DirectoryFileError) as caught:
        imported_rows({}, [odd])
    assert caught.value.place == "H99_all.commune"


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
    (after,) = carried_over([moved, other], ONE, new, NOW)
    assert after.acts_for == (
        ended,
        ActsFor(ONE, NOW - DAY, NOW),
        ActsFor(new, NOW),
        ActsFor(TWO, NOW - DAY),
    )
