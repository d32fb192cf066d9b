"""What was begun and never accepted is removed, and nothing else."""

from datetime import UTC, datetime

import pytest

from exchange.delivery.housekeeper import KEPT, LEASE, Housekeeper
from tests.support.world import World, in_pieces, make_world

BODY = b"a body in chunks"


@pytest.fixture
async def world() -> World:
    """A world whose clock is the real one: storage stamps what is begun with it."""
    made = await make_world()
    made.clock.now = datetime.now(UTC)
    return made


async def is_left(world: World) -> bool:
    return (
        await world.services.storage.envelopes.drop_orphans(
            before=datetime.max.replace(tzinfo=UTC)
        )
        == 1
    )


async def test_body_in_its_first_day_is_left_alone(world: World) -> None:
    await world.services.storage.envelopes.store_chunks("b", in_pieces(BODY))

    await Housekeeper(world.services, owner="one").clean()

    assert await is_left(world)


async def test_body_never_accepted_is_dropped_after_its_time(world: World) -> None:
    await world.services.storage.envelopes.store_chunks("b", in_pieces(BODY))
    world.clock.move(seconds=KEPT.total_seconds() + 1)

    await Housekeeper(world.services, owner="one").clean()

    assert not await is_left(world)


async def test_only_the_holder_of_the_lease_cleans(world: World) -> None:
    await world.services.storage.envelopes.store_chunks("b", in_pieces(BODY))
    world.clock.move(seconds=KEPT.total_seconds() + 1)
    await world.services.storage.leases.acquire(
        LEASE, owner="other", now=world.services.now(), seconds=60
    )

    await Housekeeper(world.services, owner="one").clean()

    assert await is_left(world)
