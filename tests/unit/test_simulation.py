"""The simulated province has everything in it that it is to prove."""

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest

from clients.agency import AgencyClient
from clients.answers import InboxItem, InboxPage
from exchange.demo.site import Site
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import BusinessType
from tests.prove.simulation.check import Check
from tests.prove.simulation.desk import Desk, Seen
from tests.prove.simulation.model import Line, Model
from tests.prove.simulation.plan import (
    AFTER,
    BEFORE,
    Asking,
    Plan,
    Scale,
    make_plan,
)
from tests.prove.simulation.province import ALL_COMMUNES
from tests.prove.simulation.run import Run
from tests.prove.simulation.site import Connection
from tests.support.station import Station

_SCALE = Scale(seed=1, agencies=120, systems=12, documents=1500, merging=14)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(_SCALE)


@pytest.fixture(scope="module")
def model(plan: Plan) -> Model:
    return Model(plan)


def test_a_seed_gives_the_same_plan_again(plan: Plan) -> None:
    assert make_plan(_SCALE) == plan


def test_every_kind_of_letter_is_in_a_plan(plan: Plan) -> None:
    letters = plan.all_letters.values()
    asked = [one.sequel for one in letters if isinstance(one.sequel, Asking)]
    assert len(letters) == _SCALE.documents
    assert {one.business for one in letters} == {*BusinessType}
    assert {one.phase for one in letters} == {BEFORE, AFTER}
    assert any(one.added for one in letters)
    assert any(one.removed for one in letters)
    assert any(one.answers for one in letters)
    assert any(one.to == (ALL_COMMUNES,) for one in letters)
    assert {one.only is None for one in asked} == {True, False}


def test_fan_out_is_that_of_real_traffic(plan: Plan, model: Model) -> None:
    new = [
        one.key
        for one in plan.letters
        if one.business is BusinessType.NEW and one.to != (ALL_COMMUNES,)
    ]
    reached = sum(len(model.reached[one]) for one in new)
    assert 2 <= reached / len(new) <= 3


def test_every_end_of_a_delivery_is_in_a_model(model: Model) -> None:
    ends = {"available", "acknowledged", "recalled", "redirected"}
    assert set(model.state.values()) == ends
    steps = {step for _, _, step in model.steps}
    assert steps >= {"refused", "finished", "failed", "agreed", "declined"}
    assert model.refused


def test_mail_of_a_merged_commune_goes_on_under_both_codes(
    plan: Plan, model: Model
) -> None:
    heirs = plan.province.heirs
    waiting = [
        (one, recipient)
        for one in plan.letters
        for recipient in model.reached.get(one.key, ())
        if plan.handling(one, recipient).waits
    ]
    assert any(recipient in heirs for _, recipient in waiting)
    assert any(one.sender in heirs for one, _ in waiting)
    assert any(model.inbox[one] for one in heirs.values())


def test_some_letter_waits_at_several_that_become_one(plan: Plan, model: Model) -> None:
    heirs = plan.province.heirs
    reports = Counter(
        (one.key, heirs[recipient])
        for one in plan.letters
        for recipient in model.reached.get(one.key, ())
        if recipient in heirs and plan.handling(one, recipient).waits
        if plan.handling(one, recipient).takes
        if plan.handling(one, recipient).statuses
    )
    assert max(reports.values()) > 1


def test_what_a_system_read_is_not_taken_back_from_its_other_agencies() -> None:
    drawn = make_plan(replace(_SCALE, systems=2, documents=400))
    letters = tuple(
        replace(one, sequel=Asking(key=one.key, only=None))
        for one in drawn.letters
        if 1 < len(one.to) < _SCALE.merging
    )
    plan = replace(drawn, letters=letters)
    model, acting = Model(plan), plan.province.acting
    untaken = {
        (letter.key, one): any(
            doing.takes and doing.reads and acting[other] == acting[one]
            for other in model.reached[letter.key]
            for doing in [plan.handling(letter, other)]
        )
        for letter in letters
        for one in model.reached[letter.key]
        if not plan.handling(letter, one).takes
    }
    assert set(untaken.values()) == {True, False}
    for which, was_read in untaken.items():
        assert model.state[which] == ("available" if was_read else "recalled")


def seen_of(model: Model) -> dict[OrganId, list[Seen]]:
    """What pollers see when all goes as the model says; statuses name their letter."""
    numbers = count()
    return {
        agency: [
            Seen(item_of(agency, line, next(numbers)), 0) for line in lines.elements()
        ]
        for agency, lines in model.inbox.items()
    }


def item_of(agency: OrganId, line: Line, number: int) -> InboxItem:
    return InboxItem(
        cursor=number,
        agency=agency,
        envelope_id=EnvelopeId(str(number)),
        kind=line.kind,
        sender=line.sender,
        subject=line.key,
        document_code="",
        state="available",
        attachments=0,
        status_of=line.key if line.kind == "status" else None,
    )


def test_lost_doubled_and_disordered_lines_are_found(
    plan: Plan, model: Model, tmp_path: Path
) -> None:
    run = Run(plan, model, seen=seen_of(model))
    check = Check(run, Station(Site(tmp_path), 0))
    assert check.inboxes() == (Counter(), Counter())
    assert list(check.order()) == []
    agency = OrganId("H99")
    lines = run.seen[agency]
    first, last = run.line_of(lines[0].item), run.line_of(lines[-1].item)
    del lines[0]
    lines.insert(0, lines[-1])
    assert check.inboxes() == (Counter([first]), Counter([last]))
    assert list(check.order()) == [
        f"{agency}: out of order",
        f"{agency}: the same twice",
    ]


class Shelf(AgencyClient):
    """What a hub would tell the systems, of all their agencies or of one, in order."""

    def __init__(self, items: list[InboxItem]) -> None:
        self.items = items

    async def inbox(
        self,
        agency: OrganId | None,
        *,
        after: int = -1,
        wait: int = 0,
        limit: int = 100,
    ) -> InboxPage:
        del wait
        own = (
            one
            for one in self.items
            if one.cursor > after and agency in {None, one.agency}
        )
        page = tuple(islice(own, limit))
        return InboxPage(page, page[-1].cursor if page else after)


async def test_inbox_that_reads_otherwise_afterwards_is_found(
    plan: Plan, model: Model, tmp_path: Path
) -> None:
    seen = seen_of(model)
    shelf = Shelf([one.item for lines in seen.values() for one in lines])
    connection = Connection.__new__(Connection)
    acting = plan.province.acting
    desks = {one: Desk(connection, shelf) for one in {*acting.values()}}
    run = Run(plan, model, seen=defaultdict(list, seen), acting=acting, desks=desks)
    check = Check(run, Station(Site(tmp_path), 0))
    assert await check.inboxes_again() == []

    missing, twice, *_ = sorted(seen, key=lambda one: -len(seen[one]))
    due, other = len(seen[missing]), len(seen[twice])
    shelf.items.remove(seen[missing][due // 2].item)
    shelf.items.append(replace(seen[twice][0].item, cursor=10**6))
    assert set(await check.inboxes_again()) == {
        f"{missing}: {due - 1} for {due}",
        f"{twice}: {other + 1} for {other}",
    }
