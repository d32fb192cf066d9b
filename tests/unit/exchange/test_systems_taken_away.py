"""An operator takes a registered system away: it may do nothing more, on record."""

import pytest

from exchange.domain.access import acting_agencies
from exchange.usecases.register_system import (
    RegisterSystem,
    TakeSystemAway,
    register_system,
    take_system_away,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import SystemId
from schemas.vocabulary import AuditEvent
from tests.support.world import PROVINCE, World, make_world, note

_SYSTEM = SystemId("qlvb-h99")
_LOST = TakeSystemAway(system_id=_SYSTEM, operator="cli:op", reason="mất máy")


@pytest.fixture
async def world() -> World:
    return await make_world()


async def taken_away_lines(world: World) -> int:
    lines = await world.services.storage.audit.lines(limit=50)
    return sum(one.event is AuditEvent.SYSTEM_TAKEN_AWAY for one in lines)


async def test_its_certificates_are_nobodys_and_its_rights_ended(world: World) -> None:
    directory = world.services.storage.directory
    before = await directory.system(_SYSTEM)
    assert before is not None
    world.clock.move(seconds=1)

    after = await take_system_away(world.services, _LOST)

    now = world.services.now()
    assert await directory.systems_by_certificates(before.certificates) == {}
    assert acting_agencies(after, now) == frozenset()
    assert {one.agency: one.valid_to for one in after.acts_for}[PROVINCE] == now
    assert await taken_away_lines(world) == 1


async def test_it_is_taken_away_once(world: World) -> None:
    world.clock.move(seconds=1)
    first = await take_system_away(world.services, _LOST)
    world.clock.move(seconds=1)

    assert await take_system_away(world.services, _LOST) == first
    assert await taken_away_lines(world) == 1


async def test_what_waits_is_there_for_who_is_registered_anew(world: World) -> None:
    before = await world.services.storage.directory.system(_SYSTEM)
    assert before is not None
    world.clock.move(seconds=1)
    await take_system_away(world.services, _LOST)
    accepted = await world.sent(note(b"text"))

    command = RegisterSystem(system=before, operator="cli:op")
    await register_system(world.services, command)

    delivery = await world.services.storage.envelopes.delivery(
        accepted.envelope.envelope_id, PROVINCE
    )
    assert delivery is not None
    owners = await world.services.storage.directory.systems_by_certificates(
        before.certificates
    )
    assert {one.system_id for one in owners.values()} == {_SYSTEM}


async def test_unknown_system_cannot_be_taken_away(world: World) -> None:
    unknown = TakeSystemAway(system_id=SystemId("nobody"), operator="x", reason="y")
    with pytest.raises(CodedError) as caught:
        await take_system_away(world.services, unknown)
    assert caught.value.code is ErrorCode.SYSTEM_UNKNOWN
