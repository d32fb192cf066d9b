"""What somebody changes while a change of agencies is decided is not undone by it."""

from dataclasses import replace

import pytest

from exchange.domain.agency_history import DirectoryChange, RecordedEvent
from exchange.domain.agency_orders import Recode
from exchange.errors import ExchangeError
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.register_system import RegisterSystem, register_system
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from tests.support.pki import NOW
from tests.support.world import PROVINCE, World, make_world

SYSTEM = SystemId("qlvb-h99")
NEW = OrganId("H98")
RECODE = ChangeAgencies(
    order=Recode(code=PROVINCE, new_code=NEW),
    effective=NOW,
    reason="Đổi mã",
    operator="test",
)


def certificates_change(
    world: World, monkeypatch: pytest.MonkeyPatch, *, times: int
) -> None:
    """Give the system other certificates whenever a change is about to be stored."""
    store = world.services.storage.agency_history
    apply, left = store.apply, iter(range(times))

    async def late(change: DirectoryChange) -> RecordedEvent:
        number = next(left, None)
        if number is not None:
            system = await world.services.storage.directory.system(SYSTEM)
            assert system is not None
            other = replace(system, certificates=frozenset({f"{number:064x}"}))
            command = RegisterSystem(system=other, operator="test")
            await register_system(world.services, command)
        return await apply(change)

    monkeypatch.setattr(store, "apply", late)


async def test_certificate_taken_away_during_a_recode_stays_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    certificates_change(world, monkeypatch, times=1)

    await change_agencies(world.services, RECODE)

    system = await world.services.storage.directory.system(SYSTEM)
    assert system is not None
    assert system.certificates == {f"{0:064x}"}
    assert NEW in {one.agency for one in system.acts_for}


async def test_recode_of_a_system_that_keeps_changing_is_put_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    certificates_change(world, monkeypatch, times=99)

    with pytest.raises(ExchangeError) as refused:
        await change_agencies(world.services, RECODE)

    assert refused.value.code is ErrorCode.OVERLOADED
    assert await world.services.storage.directory.agency(NEW) is None
