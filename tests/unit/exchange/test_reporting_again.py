"""What is told once more, or told while something else happens; who is above whom."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from exchange.domain.agency_orders import Move
from exchange.domain.directory import Directory
from exchange.domain.overseeing import common_superiors
from exchange.domain.parties import Agency
from exchange.domain.records import Envelope
from exchange.storage.ports import AuditQuery
from exchange.usecases.report_status import ReportStatus, report_status
from schemas.edxml.document import Organisation
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState, Level, StatusCode
from tests.support.agencies import changed
from tests.support.conversations import (
    SYSTEMS,
    delivery,
    ordered,
    recall,
    report,
    status_message,
    take,
    trace,
)
from tests.support.pki import NOW
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    agency,
    make_world,
)

BEFORE = {
    "the same": (StatusCode.REGISTERED,),
    "one that was passed": (StatusCode.REGISTERED, StatusCode.FINISHED),
    "its own 01": (StatusCode.ARRIVED,),
    "01 that was passed": (StatusCode.ARRIVED, StatusCode.REGISTERED),
    "02": (StatusCode.REFUSED,),
}


@pytest.fixture
async def world() -> World:
    return await make_world()


def to(*agencies: OrganId) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=one) for one in agencies)


async def nothing_shown(world: World, envelope: Envelope, agency: OrganId) -> None:
    with pytest.raises(CodedError) as caught:
        await trace(world, envelope, agency)
    assert caught.value.code is ErrorCode.ENVELOPE_NOT_FOUND


async def audit_lines(world: World) -> int:
    found = await world.services.storage.audit.search(AuditQuery(limit=1_000))
    return len(found.lines)


@pytest.mark.parametrize("is_taken", [False, True], ids=["untaken", "taken"])
@pytest.mark.parametrize("told", BEFORE.values(), ids=BEFORE)
async def test_status_once_more_has_its_receipt_and_leaves_no_line(
    world: World, told: tuple[StatusCode, ...], *, is_taken: bool
) -> None:
    letter = (await world.sent()).envelope
    if is_taken:
        await take(world, letter)
    first, *_ = [await report(world, letter, code) for code in told]
    before = await audit_lines(world)
    for hours in (0, 1):
        world.clock.move(hours=hours)
        again = await report(world, letter, told[0])
        assert (again.content, again.repeated) == (first.content, True)
    assert await audit_lines(world) == before


async def test_status_is_decided_on_what_is_when_all_of_it_has_come(
    world: World,
) -> None:
    letter = (await world.sent()).envelope
    message = status_message(world, StatusCode.REGISTERED)

    async def slowly() -> AsyncIterator[bytes]:
        yield message.body[:10]
        await recall(world, letter)
        yield message.body[10:]

    submission = await world.submission(message, system_id=SYSTEMS[PROVINCE])
    command = ReportStatus(
        submission=replace(submission, chunks=slowly()),
        envelope_id=letter.envelope_id,
    )
    with pytest.raises(CodedError) as caught:
        await report_status(world.services, command)
    assert caught.value.code is ErrorCode.STATUS_NOT_ALLOWED
    assert (await delivery(world, letter)).state is DeliveryState.RECALLED


async def test_stranger_is_refused_before_anything_of_a_status_is_read(
    world: World,
) -> None:
    letter = (await world.sent()).envelope
    message = status_message(world, StatusCode.REGISTERED)

    async def unread() -> AsyncIterator[bytes]:
        yield pytest.fail("read")

    submission = await world.submission(message, system_id="qlvb-h99-153")
    command = ReportStatus(
        submission=replace(submission, chunks=unread()),
        envelope_id=letter.envelope_id,
    )
    with pytest.raises(CodedError) as caught:
        await report_status(world.services, command)
    assert caught.value.code is ErrorCode.ENVELOPE_NOT_FOUND


@dataclass(frozen=True, slots=True)
class Counted(Mapping[OrganId, Agency]):
    """Agencies by code, and how often one was looked up."""

    known: Mapping[OrganId, Agency]
    looked_up: list[OrganId] = field(default_factory=list)

    def __getitem__(self, code: OrganId) -> Agency:
        self.looked_up.append(code)
        return self.known[code]

    def __iter__(self) -> Iterator[OrganId]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


COMMUNES = tuple(OrganId(f"H99.{number}") for number in range(100, 700))
ABOVE = {
    "the province": ({PROVINCE}, True),
    "the province, beside others": ({OrganId("G22"), COMMUNE, PROVINCE}, True),
    "a recipient": ({COMMUNES[-1]}, False),
    "the sender": ({COMMUNE}, False),
    "another province": ({OrganId("H98")}, False),
    "nobody": (set[OrganId](), False),
}


def counted_directory() -> tuple[Directory, Counted]:
    rows = [
        agency("H99", "Tỉnh", Level.PROVINCE),
        *(agency(one, one, Level.COMMUNE, parent=PROVINCE) for one in COMMUNES),
    ]
    directory = Directory.of(rows, version=1)
    counted = Counted(directory.by_code)
    return replace(directory, by_code=counted), counted


@pytest.mark.parametrize(("agencies", "is_above"), ABOVE.values(), ids=ABOVE)
def test_common_superior_is_above_sender_and_all_recipients(
    agencies: set[OrganId], *, is_above: bool
) -> None:
    directory, counted = counted_directory()
    parties = (COMMUNE, *COMMUNES)
    found = common_superiors(directory, agencies, parties, at=NOW)
    assert found == ({PROVINCE} if is_above else set())
    # Whoever is not above the sender is not looked for above all the others.
    assert is_above or len(counted.looked_up) < len(COMMUNES) // 10


def test_sender_is_above_those_below_it_and_not_above_strangers() -> None:
    directory, _ = counted_directory()
    parties = (PROVINCE, *COMMUNES)
    assert common_superiors(directory, {PROVINCE}, parties, at=NOW) == {PROVINCE}
    beyond = (*parties, OrganId("H98"))
    assert not common_superiors(directory, {PROVINCE}, beyond, at=NOW)


@pytest.mark.parametrize(
    ("days", "is_still"), [(0, True), (199, True), (200, False)], ids=str
)
def test_move_that_is_ordered_changes_who_is_above_when_it_is_in_force(
    days: int, *, is_still: bool
) -> None:
    moving = Move(code=OrganId("H99.30.1"), parent=OrganId("H98"))
    directory = changed(moving, at=NOW + timedelta(days=200))
    at = NOW + timedelta(days=days)
    both = {PROVINCE, moving.parent}

    above = common_superiors(directory, both, (moving.code,), at=at)

    assert above == ({PROVINCE} if is_still else {moving.parent})


async def test_superior_sees_a_letter_until_a_move_is_in_force(world: World) -> None:
    accepted = await world.send(world.document(recipients=to(FAR_COMMUNE)))
    for one in (COMMUNE, FAR_COMMUNE):
        await ordered(world, Move(code=one, parent=MINISTRY), days=200)

    shown = await trace(world, accepted.envelope, PROVINCE)
    assert [one.recipient for one in shown.deliveries] == [FAR_COMMUNE]
    await nothing_shown(world, accepted.envelope, MINISTRY)

    world.clock.move(days=201)
    await nothing_shown(world, accepted.envelope, PROVINCE)
    shown = await trace(world, accepted.envelope, MINISTRY)
    assert [one.recipient for one in shown.deliveries] == [FAR_COMMUNE]
