"""Whom an envelope reaches: groups, lists, successors, and the one above."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.addressing import (
    AddressBook,
    Addressee,
    expand,
    find_addressee,
    lists_named,
    may_fall_back_to,
    with_fallback,
)
from exchange.domain.agency_orders import Close, Merge, Move, NewAgency, Recode, Split
from exchange.domain.directory import Directory
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.recipient_groups import LevelGroup, ListGroup, read_group
from schemas.vocabulary import Level, RedirectReason
from tests.support.agencies import EVENT, TREE, agency, changed, directory
from tests.support.pki import NOW

SENDER = OrganId("H99.31.1")
OTHERS = ["H99.30.1", "H99.30.2"]


def codes(*texts: str) -> list[OrganId]:
    return [OrganId(one) for one in texts]


def book(known: Directory | None = None, **lists: Sequence[OrganId]) -> AddressBook:
    return AddressBook(
        directory=known or directory(),
        sender=SENDER,
        at=NOW,
        lists={(SENDER, name): members for name, members in lists.items()},
    )


def reached(found: Sequence[Addressee]) -> list[str | None]:
    return [one.reached.code if one.reached else None for one in found]


@pytest.mark.parametrize(
    ("group", "written"),
    [
        (LevelGroup(OrganId("H99"), Level.COMMUNE), "H99_all.commune"),
        (ListGroup(OrganId("000.01.31.H99"), "hop-1"), "000.01.31.H99_list.hop-1"),
    ],
    ids=["level", "list"],
)
def test_group_is_named_like_an_organ_id(
    group: LevelGroup | ListGroup, written: str
) -> None:
    assert group.written() == written
    assert read_group(group.written()) == group


@pytest.mark.parametrize("written", ["H99", "H99_all.village", "H99_all", "H99_list."])
def test_other_codes_are_no_groups(written: str) -> None:
    assert read_group(OrganId(written)) is None


def test_group_that_does_not_fit_is_not_written() -> None:
    with pytest.raises(CodedError) as caught:
        ListGroup(OrganId("H99.151"), "a" * 30).written()
    assert caught.value.code is ErrorCode.ORGAN_ID_MALFORMED
    with pytest.raises(CodedError) as caught:
        ListGroup(OrganId("H99.151"), "Họp").written()
    assert caught.value.code is ErrorCode.RECIPIENT_LIST_INVALID


def test_all_communes_below_a_province_but_the_sender_are_reached() -> None:
    found = expand(book(), codes("H99_all.commune"))
    assert reached(found) == OTHERS


def test_group_adds_nobody_who_is_named_already() -> None:
    written = codes("H99_all.commune", "H99.30.2", "H99.30_all.commune")
    assert reached(expand(book(), written)) == ["H99.30.2", "H99.30.1"]


def test_agency_of_a_groups_name_is_that_agency() -> None:
    odd = replace(TREE[0], code=OrganId("H99_all.commune"))
    found = expand(book(directory((*TREE, odd))), codes("H99_all.commune"))
    assert reached(found) == ["H99_all.commune"]


@pytest.mark.parametrize(
    "group",
    ["X1_all.commune", "H99.30.1_all.commune", "H99.31.1_list.khac", "H99_list.hop"],
    ids=["unknown base", "nobody below", "no such list", "list of another agency"],
)
def test_group_of_nobody_names_no_agency(group: str) -> None:
    known = replace(book(), lists={(OrganId("H99"), "hop"): codes("G22")})
    assert expand(known, codes(group)) == (Addressee(OrganId(group), None),)


def test_list_holds_agencies_and_levels_but_no_lists() -> None:
    known = book(
        hop=codes("G22", "H99.30_all.commune", "H99.31.1_list.khac"),
        khac=codes("H98"),
    )
    found = expand(known, codes("H99.31.1_list.hop"))
    assert reached(found) == ["G22", *OTHERS, None]


def test_sender_is_left_out_of_a_list_of_those_it_took_over_too() -> None:
    """It would get its own letter, and be late with it."""
    known = changed(Merge(sources=tuple(codes("H99.30.1")), into=SENDER))
    own = book(known, hop=codes("H99.30.1", "H99.30.2"), xa=codes("H99.30.1"))
    assert reached(expand(own, codes("H99.31.1_list.hop"))) == ["H99.30.2"]
    assert expand(own, codes("H99.31.1_list.xa")) == ()
    assert reached(expand(own, codes("H99.30.1"))) == [SENDER]


def test_list_is_found_under_both_codes_of_its_owner() -> None:
    written = codes("000.01.31.H99_list.hop", "H99.31.1_list.hop", "G22")
    assert lists_named(directory(), written) == {ListGroup(SENDER, "hop")}
    assert reached(expand(book(hop=codes("G22")), written[:1])) == ["G22"]


def test_list_of_a_closed_agency_is_its_successors() -> None:
    ended, heir = codes("H99.30.1", "H99.30.9")
    known = changed(Recode(code=ended, new_code=heir))
    (written,) = codes("H99.30.1_list.hop")

    def found(sender: OrganId, **since: int) -> list[str | None]:
        own = replace(
            book(known),
            sender=sender,
            at=NOW - timedelta(**since),
            lists={(ended, "hop"): codes("G22")},
        )
        return reached(expand(own, [written]))

    assert found(heir) == ["G22"]
    assert found(heir, days=1) == [None]
    assert found(SENDER) == [None]


def of_list(
    known: Directory, *members: str, recoded: Sequence[str] = ()
) -> list[str | None]:
    """Whom a list of the sender reaches."""
    own = replace(book(known, hop=codes(*members)), recoded=frozenset(codes(*recoded)))
    return reached(expand(own, codes("H99.31.1_list.hop")))


def test_level_in_a_list_goes_on_below_the_new_code_of_a_recoded_agency() -> None:
    earlier = changed(
        Recode(code=OrganId("H99"), new_code=OrganId("H97")), at=NOW - timedelta(days=1)
    )
    known = changed(
        Split(
            source=OrganId("H99.30.2"),
            parts=(NewAgency(code=OrganId("H97.9"), name="UBND xã Mới"),),
            main=OrganId("H99.30.2"),
        ),
        Move(code=OrganId("H99.30.1"), parent=OrganId("H98")),
        Recode(code=OrganId("H97"), new_code=OrganId("H96")),
        known=earlier,
    )
    found = of_list(known, "G22", "H99_all.commune", recoded=["H99", "H97"])
    assert found == ["G22", "H97.9", "H99.30.2"]


def test_level_in_a_list_without_agencies_stays_so_after_a_recode() -> None:
    """As one below an open agency: the rest of the list goes on."""
    known = changed(Recode(code=OrganId("H98"), new_code=OrganId("H96")))
    assert of_list(known, "G22", "H98_all.district", recoded=["H98"]) == ["G22"]


def test_level_in_a_list_means_those_of_a_merged_agency_and_no_others() -> None:
    new = OrganId("H98.1")
    rows = (*TREE, agency(new, Level.COMMUNE, "H98"))
    known = changed(
        Close(code=OrganId("H99"), successor=OrganId("H98")), known=directory(rows)
    )
    assert of_list(known, "G22", "H99_all.commune") == ["G22", *OTHERS]


def test_level_in_a_list_leads_on_from_communes_that_are_closed_since() -> None:
    known = changed(Close(code=OrganId("H99"), successor=OrganId("H98")))
    heir = NewAgency(code=OrganId("H98.9"), name="UBND xã Mới")
    order = Merge(sources=tuple(codes("H99.30.1")), into=heir)
    known = changed(order, known=known, at=NOW)
    assert of_list(known, "H99_all.commune") == ["H98.9", "H99.30.2"]


@pytest.mark.parametrize("is_imported", [False, True], ids=["nobody left", "imported"])
def test_level_in_a_list_is_refused_where_nobody_knows_who_was_meant(
    *, is_imported: bool
) -> None:
    if is_imported:
        (before,) = (one for one in TREE if one.code == "H99.30")
        ended = replace(before, valid_to=NOW, successor=OrganId("H98"))
        known = directory((*TREE, ended))
    else:
        orders = [Move(code=one, parent=OrganId("H99.31")) for one in codes(*OTHERS)]
        earlier = changed(*orders, at=NOW - timedelta(days=1))
        known = changed(Close(code=OrganId("H99.30")), known=earlier)
    own = book(known, hop=codes("G22", "H99.30_all.commune"))
    *_, last = expand(own, codes("H99.31.1_list.hop"))
    assert last == Addressee(OrganId("H99.30_all.commune"), None)


def test_closed_code_reaches_the_successor_link_by_link() -> None:
    known = changed(
        Merge(sources=tuple(codes("H99.30.1")), into=OrganId("H99.30.2")),
        Close(code=OrganId("H99.30.2"), successor=OrganId("H99.30")),
    )
    (found,) = expand(book(known), codes("H99.30.1"))
    assert reached([found]) == ["H99.30"]
    assert [
        (one.addressed, one.successor.code, one.reason, one.effective, one.event_id)
        for one in found.successions
    ] == [
        ("H99.30.1", "H99.30.2", RedirectReason.CLOSED, NOW, EVENT),
        ("H99.30.2", "H99.30", RedirectReason.CLOSED, NOW, EVENT),
    ]


def test_code_that_closes_later_is_reached_until_then() -> None:
    order = Close(code=OrganId("H99.30.1"), successor=OrganId("H99.30.2"))
    known = changed(order, at=NOW + timedelta(days=1))
    assert find_addressee(known, order.code, NOW).successions == ()


def fallen_back(
    found: Sequence[Addressee],
    *connected: str,
    known: Directory | None = None,
    sender: str = SENDER,
) -> tuple[Addressee, ...]:
    """Those found, where only these agencies are connected."""
    return with_fallback(
        found,
        connected=codes(*connected),
        directory=known or directory(),
        sender=OrganId(sender),
        at=NOW,
    )


def test_agency_without_a_system_falls_back_to_the_nearest_above_with_one() -> None:
    found = expand(book(), codes("H99.30.1", "H99.31", "G22"))
    asked = may_fall_back_to(found, directory(), NOW)
    assert asked == {"H99.30.1", "H99.30", "H99.31", "H99", "G22"}
    fallen = fallen_back(found, "H99", "H99.31")
    assert reached(fallen) == ["H99", "H99.31", "G22"]
    (link,) = fallen[0].successions
    assert (link.reason, link.effective) == (RedirectReason.NOT_CONNECTED, None)


def test_successor_without_a_system_falls_back_too() -> None:
    known = changed(Close(code=OrganId("H99.30.1"), successor=OrganId("H99.30.2")))
    found = expand(book(known), codes("H99.30.1"))
    (fallen,) = fallen_back(found, "H99", known=known)
    reasons = [one.reason for one in fallen.successions]
    assert reasons == [RedirectReason.CLOSED, RedirectReason.NOT_CONNECTED]
    assert reached([fallen]) == ["H99"]


def test_nothing_falls_back_to_its_sender_nor_past_it() -> None:
    """It waits, as it does without fallback."""
    found = expand(book(), codes("H99.30.1"))
    assert fallen_back(found, "H99.30", "H99", sender="H99.30") == found


def test_nothing_falls_back_to_who_took_over_from_its_sender() -> None:
    known = changed(Recode(code=OrganId("H99"), new_code=OrganId("H97")))
    found = expand(book(known), codes("H99.30.1"))
    assert fallen_back(found, "H97", known=known, sender="H99") == found
