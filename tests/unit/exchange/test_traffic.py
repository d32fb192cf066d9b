"""What was sent in each hour, as it is counted and shown."""

from datetime import timedelta

from exchange.domain.usage import hour_of
from exchange.usecases.traffic import traffic
from schemas.vocabulary import Level
from tests.support.world import make_world, note


async def test_documents_count_in_the_hour_and_level_they_were_sent_in() -> None:
    world = await make_world()
    await world.sent(note(b"x"))
    accepted = world.clock.now
    world.clock.move(hours=1)
    await world.services.usage.tell(world.services.storage.usage)

    last, present = await traffic(world.services, hours=2)

    assert last.since == accepted.replace(minute=0, second=0, microsecond=0)
    assert last.documents[Level.COMMUNE] == 1
    assert last.documents[Level.PROVINCE] == 0
    assert last.size[Level.COMMUNE] > 1000
    assert sum(present.documents.values()) == 0


async def test_hours_are_forgotten_and_days_stay() -> None:
    world = await make_world()
    await world.sent(note(b"x"))
    usage = world.services.storage.usage
    await world.services.usage.tell(usage)

    gone = await usage.drop(before=hour_of(world.clock.now + timedelta(hours=1)))

    assert gone == 2
    assert (await usage.totals(["stored:H99.151"])) != {}
