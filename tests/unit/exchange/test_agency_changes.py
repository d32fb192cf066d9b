"""Changes of agencies: what each order does, and what no sequence of them breaks."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from exchange.domain.access import is_open
from exchange.domain.agency_changes import AgencyChangeError, decide_change
from exchange.domain.agency_orders import (
    Close,
    Merge,
    Move,
    NewAgency,
    Order,
    Recode,
    Rename,
    Split,
)
from exchange.domain.directory import Directory, standing
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import Level
from tests.support.agencies import (
    EVENT,
    after,
    changed,
    directory,
    rows_of,
)
from tests.support.pki import NOW

DAY = timedelta(days=1)


def code(text: str) -> OrganId:
    return OrganId(text)


def row(known: Directory, text: str) -> object:
    return rows_of(known)[code(text)]


def refused(order: Order, *, known: Directory | None = None) -> AgencyChangeError:
    with pytest.raises(AgencyChangeError) as caught:
        decide_change(known or directory(), order, effective=NOW, event_id=EVENT)
    return caught.value


def test_merged_communes_lead_to_the_new_one() -> None:
    new = NewAgency(code=code("H99.40"), name="UBND xã Mới", level=Level.COMMUNE)
    order = Merge(sources=(code("H99.30.1"), code("H99.30.2")), into=new)
    known = changed(order)
    begun = rows_of(known)[code("H99.40")]
    assert (begun.parent, begun.valid_from) == (code("H99.30"), NOW)
    for source in order.sources:
        closed = rows_of(known)[source]
        assert (closed.valid_to, closed.closed_by) == (NOW, EVENT)
        assert known.succession(closed, NOW) == (begun,)
        assert known.succession(closed, NOW - DAY) == ()


def test_merger_into_one_of_them_leaves_it_open() -> None:
    order = Merge(sources=(code("H98"), code("H99")), into=code("H99"))
    known = changed(order)
    assert is_open(rows_of(known)[code("H99")], NOW)
    assert rows_of(known)[code("H98")].successor == "H99"


def test_children_follow_into_the_successor_and_keep_their_past() -> None:
    known = changed(Merge(sources=(code("H99.31"),), into=code("H99.30")))
    child = rows_of(known)[code("H99.31.1")]
    assert standing(child, NOW).parent == "H99.30"
    assert standing(child, NOW - DAY).parent == "H99.31"
    assert [one.code for one in known.above(child, NOW)] == ["H99.30", "H99"]
    assert [one.code for one in known.above(child, NOW - DAY)] == ["H99.31", "H99"]


def test_closed_level_hands_its_communes_to_the_province() -> None:
    known = changed(
        Close(code=code("H99.30"), successor=code("H99")),
        Close(code=code("H99.31"), successor=code("H99")),
    )
    province = rows_of(known)[code("H99")]
    communes = known.below_of_level(province, Level.COMMUNE, NOW)
    assert [one.code for one in communes] == ["H99.30.1", "H99.30.2", "H99.31.1"]
    assert {one.parent for one in communes} == {"H99"}
    assert not known.below_of_level(province, Level.DISTRICT, NOW)
    assert len(known.below_of_level(province, Level.DISTRICT, NOW - DAY)) == 2


def test_split_leads_to_its_main_part() -> None:
    parts = (
        NewAgency(code=code("H99.41"), name="UBND xã Một"),
        NewAgency(code=code("H99.42"), name="UBND xã Hai"),
    )
    order = Split(source=code("H99.31.1"), parts=parts, main=code("H99.42"))
    known = changed(order)
    assert known.succession(rows_of(known)[order.source], NOW)[-1].code == "H99.42"
    assert {one.level for one in rows_of(known).values() if one.code > "H99.4"} == {
        Level.COMMUNE
    }


def test_agency_that_is_its_own_main_part_stays_open() -> None:
    part = NewAgency(code=code("H99.41"), name="UBND xã Một")
    source = code("H99.31.1")
    known = changed(Split(source=source, parts=(part,), main=source))
    assert rows_of(known)[source].valid_to is None
    assert is_open(rows_of(known)[code("H99.41")], NOW)


def test_renamed_agency_is_called_both_by_date() -> None:
    known = changed(Rename(code=code("H99"), name="UBND  tỉnh Mới"), at=NOW + DAY)
    one = rows_of(known)[code("H99")]
    assert standing(one, NOW).name == "Cơ quan H99"
    assert standing(one, NOW + DAY).name == "UBND tỉnh Mới"


def test_moved_agency_has_both_parents_by_date() -> None:
    known = changed(Move(code=code("H99.30"), parent=code("H98")), at=NOW - DAY)
    one = rows_of(known)[code("H99.30")]
    assert standing(one, NOW - 2 * DAY).parent == "H99"
    assert standing(one, NOW).parent == "H98"


def test_recoded_agency_is_reached_by_both_forms_of_its_former_code() -> None:
    known = changed(Recode(code=code("H99.31.1"), new_code=code("H99.131")))
    new = rows_of(known)[code("H99.131")]
    assert new.name == "Cơ quan H99.31.1"
    for written in ("H99.31.1", "000.01.31.H99"):
        found = known.agency(code(written))
        assert found is not None
        assert known.succession(found, NOW) == (new,)


def test_chain_of_successors_is_followed_link_by_link() -> None:
    known = changed(
        Merge(sources=(code("H99.30.1"),), into=code("H99.30.2")),
        Merge(sources=(code("H99.30.2"),), into=code("H99.31.1")),
    )
    links = known.succession(rows_of(known)[code("H99.30.1")], NOW)
    assert [one.code for one in links] == ["H99.30.2", "H99.31.1"]
    assert known.inherited(code("H99.31.1"), NOW) == {"H99.30.1", "H99.30.2"}
    assert known.inherited(code("H99.31.1"), NOW - DAY) == frozenset()


def test_change_in_the_future_counts_from_then_on() -> None:
    known = changed(
        Close(code=code("H99.30.1"), successor=code("H99.30.2")), at=NOW + DAY
    )
    one = rows_of(known)[code("H99.30.1")]
    assert is_open(one, NOW)
    assert known.succession(one, NOW) == ()
    assert not is_open(one, NOW + DAY)


@pytest.mark.parametrize(
    ("order", "expected", "place"),
    [
        pytest.param(
            Close(code=code("H97")), ErrorCode.AGENCY_UNKNOWN, "H97", id="unknown"
        ),
        pytest.param(
            Close(code=code("H99.30")),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "H99.30.1",
            id="children left behind",
        ),
        pytest.param(
            Close(code=code("H99.30.1"), successor=code("H99.30.1")),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "H99.30.1",
            id="own successor",
        ),
        pytest.param(
            Move(code=code("H99"), parent=code("H99.30"), level=Level.DISTRICT),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "H99.30 → H99",
            id="below itself",
        ),
        pytest.param(
            Move(code=code("H99.30"), parent=code("H99.31.1")),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "H99.30: district",
            id="above its parent",
        ),
        pytest.param(
            Move(code=code("H99.30"), parent=code("H98"), level=Level.CENTRAL),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "H99.30: central",
            id="level above the parent's",
        ),
        pytest.param(
            Recode(code=code("H99.31.1"), new_code=code("000.00.00.H99")),
            ErrorCode.AGENCY_CODE_USED,
            "000.00.00.H99",
            id="code of 2016 in use",
        ),
        pytest.param(
            Rename(code=code("H99"), name=" "),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "name",
            id="no name",
        ),
        pytest.param(
            Merge(sources=(code("H99.30.1"),), into=code("H99.30.1")),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "H99.30.1",
            id="nothing ends",
        ),
        pytest.param(
            Split(source=code("H99.30.1"), parts=(code("H99.30.2"),), main=code("H98")),
            ErrorCode.AGENCY_CHANGE_REFUSED,
            "main: H98",
            id="main part is none",
        ),
    ],
)
def test_change_without_sense_is_refused(
    order: Order, expected: ErrorCode, place: str
) -> None:
    error = refused(order)
    assert (error.code, error.place) == (expected, place)


def test_closed_code_is_never_given_again() -> None:
    known = changed(Close(code=code("H99.30.1")))
    new = NewAgency(code=code("H99.30.1"), name="UBND xã Khác")
    error = refused(Merge(sources=(code("H99.30.2"),), into=new), known=known)
    assert error.code is ErrorCode.AGENCY_CODE_USED


LIKE_A_GROUP, CODE_2016 = code("H99_all.commune"), code("000.09.09.H99")


@pytest.mark.parametrize(
    "part",
    [
        NewAgency(code=LIKE_A_GROUP, name="UBND xã Lạ"),
        NewAgency(code=code("H99.40"), name="UBND xã Lạ", code_2016=LIKE_A_GROUP),
    ],
    ids=["code", "code of 2016"],
)
def test_new_agency_is_not_called_like_a_group(part: NewAgency) -> None:
    """A document for the group would reach that one agency."""
    source = code("H99.31.1")
    error = refused(Split(source=source, parts=(part,), main=source))
    expected = ErrorCode.AGENCY_CHANGE_REFUSED
    assert (error.code, error.place) == (expected, LIKE_A_GROUP)


@pytest.mark.parametrize("email", ["vanthu@", "<", "a@b.vn\nBcc: c@d.vn", "("])
def test_new_agency_has_an_address_that_mail_can_be_written_to(email: str) -> None:
    source = code("H99.31.1")
    part = NewAgency(code=code("H99.40"), name="UBND xã Mới", email=email)
    error = refused(Split(source=source, parts=(part,), main=source))
    expected = ErrorCode.AGENCY_CHANGE_REFUSED
    assert (error.code, error.place) == (expected, "email")


def test_new_agency_keeps_its_address_as_it_was_written() -> None:
    source = code("H99.31.1")
    part = NewAgency(code=code("H99.40"), name="UBND xã Mới", email="a@b.vn, c@d.vn ")
    known = changed(Split(source=source, parts=(part,), main=source))
    assert rows_of(known)[part.code].email == "a@b.vn, c@d.vn"


@pytest.mark.parametrize(
    "other",
    [
        NewAgency(code=CODE_2016, name="UBND xã Hai"),
        NewAgency(code=code("H99.42"), name="UBND xã Hai", code_2016=CODE_2016),
    ],
    ids=["code", "code of 2016"],
)
def test_code_of_2016_of_one_new_agency_is_not_given_to_another(
    other: NewAgency,
) -> None:
    one = NewAgency(code=code("H99.41"), name="UBND xã Một", code_2016=CODE_2016)
    error = refused(Split(source=code("H99.31.1"), parts=(one, other), main=one.code))
    assert (error.code, error.place) == (ErrorCode.AGENCY_CODE_USED, CODE_2016)


def test_agency_that_ends_succeeds_nobody() -> None:
    known = changed(Close(code=code("H99.30.1")), at=NOW + DAY)
    order = Close(code=code("H99.30.2"), successor=code("H99.30.1"))
    assert refused(order, known=known).place == "H99.30.1"


def test_change_before_one_decided_for_later_is_refused() -> None:
    known = changed(Rename(code=code("H99"), name="Mới"), at=NOW + DAY)
    error = refused(Rename(code=code("H99"), name="Khác"), known=known)
    assert error.place.startswith("H99: ")


def _random_order(draw: random.Random, codes: list[OrganId], number: int) -> Order:
    one, two = draw.choice(codes), draw.choice(codes)
    new = NewAgency(code=code(f"N{number:02}.{draw.randint(0, 40)}"), name="Mới")
    level = draw.choice([None, *Level])
    choices: list[OrganId | NewAgency] = [one, two, new]
    makers: tuple[Callable[[], Order], ...] = (
        lambda: Merge(sources=(one, two), into=draw.choice(choices)),
        lambda: Merge(sources=(one,), into=draw.choice(choices[1:])),
        lambda: Split(source=one, parts=(new, two), main=draw.choice([one, two])),
        lambda: Rename(code=one, name=f"Tên {number}"),
        lambda: Move(code=one, parent=two, level=level),
        lambda: Close(code=one, successor=draw.choice([None, two])),
        lambda: Recode(code=one, new_code=new.code),
    )
    return draw.choice(makers)()


def _require_sound(known: Directory, before: Directory) -> None:
    rows = rows_of(known)
    for one in rows.values():
        last = (one, *known.succession(one, NOW + 1000 * DAY))[-1]
        assert last.valid_to is None or last.successor is None
        assert one.code not in {each.code for each in known.above(one, NOW)}
        was = rows_of(before).get(one.code)
        if was is not None and was.valid_to is not None:
            assert (one.valid_to, one.successor) == (was.valid_to, was.successor)
        if was is not None and one.valid_to is None:
            assert was.valid_to is None


@pytest.mark.parametrize("seed", range(20))
def test_no_sequence_of_changes_loses_a_code(seed: int) -> None:
    draw = random.Random(seed)
    known, done = directory(), 0
    effective = NOW
    for number in range(60):
        codes = sorted(rows_of(known))
        order = _random_order(draw, codes, number % 12)
        effective += draw.choice([0, 1, 1, -1]) * DAY
        try:
            decided = decide_change(
                known, order, effective=effective, event_id=f"{number}"
            )
        except AgencyChangeError:
            continue
        begun = {one.code for one in decided.rows} - set(codes)
        assert not begun & {one.code_2016 for one in rows_of(known).values()}
        following = after(known, decided)
        _require_sound(following, known)
        known, done = following, done + 1
    assert done >= 10
