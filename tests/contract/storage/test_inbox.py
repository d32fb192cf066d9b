import asyncio
from dataclasses import replace

from exchange.domain.records import InboxItem
from exchange.storage.ports import Storage
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)

BOTH = (PROVINCE, MINISTRY)


async def inbox(
    storage: Storage, *recipients: OrganId, after: int = -1, limit: int = 100
) -> list[InboxItem]:
    return list(await storage.envelopes.inbox(recipients, after=after, limit=limit))


async def test_delivery_is_visible_once_its_entry_is_sequenced(
    storage: Storage,
) -> None:
    await deliver(storage, 1)
    before = await inbox(storage, PROVINCE)

    await storage.log.sequence(limit=10)

    [item] = await inbox(storage, PROVINCE)
    assert before == []
    assert item.envelope == acceptance(1).envelope
    assert item.delivery == await storage.envelopes.delivery(envelope_id(1), PROVINCE)
    assert item.delivery.log_index == 1


async def test_entry_that_does_not_make_visible_shows_nothing(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    await storage.envelopes.record_step(step(1, makes_visible=False))

    await storage.log.sequence(limit=10)

    assert await inbox(storage, PROVINCE) == []


async def test_inbox_follows_the_log_and_the_cursor(storage: Storage) -> None:
    for number in (3, 1, 2):
        await deliver(storage, number)
        await storage.log.sequence(limit=10)

    everything = await inbox(storage, PROVINCE)
    first = await inbox(storage, PROVINCE, limit=2)
    cursor = first[-1].delivery.log_index
    assert cursor is not None

    assert [one.envelope.envelope_id for one in everything] == [
        envelope_id(number) for number in (3, 1, 2)
    ]
    assert first == everything[:2]
    assert await inbox(storage, PROVINCE, after=cursor) == everything[2:]


async def test_inbox_shows_the_recipients_asked_for(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    await storage.envelopes.record_step(step(1, recipients=BOTH))
    await storage.log.sequence(limit=10)

    assert await inbox(storage, COMMUNE) == []
    assert await inbox(storage) == []
    assert [one.delivery.recipient for one in await inbox(storage, MINISTRY)] == [
        MINISTRY
    ]


async def test_deliveries_of_one_index_stay_together(storage: Storage) -> None:
    """A cursor between them would skip those left over."""
    for number in (1, 2):
        await storage.envelopes.accept(acceptance(number, recipients=BOTH))
        await storage.envelopes.record_step(step(number, recipients=BOTH))
    await storage.log.sequence(limit=10)

    page = await inbox(storage, *BOTH, limit=3)

    assert [(one.envelope.envelope_id, one.delivery.recipient) for one in page] == [
        (envelope_id(number), recipient)
        for number in (1, 2)
        for recipient in (MINISTRY, PROVINCE)
    ]
    assert len(await inbox(storage, *BOTH, limit=1)) == 2


async def test_held_delivery_comes_with_the_entry_that_released_it(
    storage: Storage,
) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    await storage.envelopes.record_step(
        step(1, "held", recipients=(MINISTRY,), after=DeliveryState.HELD)
    )
    await storage.envelopes.record_step(step(1, recipients=(PROVINCE,)))
    await storage.log.sequence(limit=10)
    [shown] = await inbox(storage, *BOTH)
    released = step(1, "released", recipients=(MINISTRY,), before=(DeliveryState.HELD,))

    await storage.envelopes.record_step(released)
    await storage.log.sequence(limit=10)

    assert shown.delivery.recipient == PROVINCE
    [again, late] = await inbox(storage, *BOTH)
    assert again == shown
    assert (late.delivery.recipient, late.delivery.log_index) == (MINISTRY, 3)


async def test_inbox_shows_the_state_of_now(storage: Storage) -> None:
    await deliver(storage, 1)
    await storage.log.sequence(limit=10)
    [before] = await inbox(storage, PROVINCE)

    await storage.envelopes.record_step(
        step(
            1,
            "taken",
            before=(DeliveryState.AVAILABLE,),
            after=DeliveryState.ACKNOWLEDGED,
        )
    )
    await storage.log.sequence(limit=10)

    assert await inbox(storage, PROVINCE) == [
        replace(
            before, delivery=replace(before.delivery, state=DeliveryState.ACKNOWLEDGED)
        )
    ]


async def test_entry_of_few_shows_what_it_is_about_and_nothing_else(
    storage: Storage,
) -> None:
    """What another entry released at the same time comes with that one."""
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    for number, recipient in enumerate(BOTH):
        released = step(1, f"released-{number}", recipients=(recipient,))
        await storage.envelopes.record_step(released)

    done = await storage.log.sequence(limit=10)

    shown = await inbox(storage, *BOTH)
    assert [(one.delivery.log_index, one.delivery.recipient) for one in shown] == list(
        enumerate(BOTH, start=1)
    )
    reached = [await storage.log.reached([one]) for one in done]
    assert reached == [frozenset(), *(frozenset({one}) for one in BOTH)]
    told = await storage.notices.shown(-1, limit=10)
    assert [one.delivery for one in told.items] == [one.delivery for one in shown]
    first = await storage.docket.followed(0, limit=1)
    assert [one.recipient for one in first.arrivals] == [BOTH[0]]


async def test_entry_of_many_shows_all_of_its_envelope(storage: Storage) -> None:
    everybody = tuple(OrganId(f"H99.{number:02d}") for number in range(30))
    await storage.envelopes.accept(acceptance(1, recipients=everybody))
    await storage.envelopes.record_step(step(1, recipients=everybody))

    done = await storage.log.sequence(limit=10)

    assert await storage.log.reached(done) == frozenset(everybody)
    arrived = await storage.log.arrivals(-1, limit=10)
    assert arrived.recipients == frozenset(everybody)
    followed = await storage.docket.followed(-1, limit=10)
    assert tuple(one.recipient for one in followed.arrivals) == everybody
    assert len(await inbox(storage, everybody[29])) == 1


async def test_twenty_pollers_see_every_message_exactly_once(storage: Storage) -> None:
    """While acceptances finish out of order and two sequencers run."""
    total = 120
    over = asyncio.Event()

    async def sequence() -> None:
        while not over.is_set():
            await storage.log.sequence(limit=7)
            await asyncio.sleep(0)

    async def poll(limit: int) -> list[EnvelopeId]:
        seen: list[EnvelopeId] = []
        cursor = -1
        while len(seen) < total:
            for item in await inbox(storage, PROVINCE, after=cursor, limit=limit):
                seen.append(item.envelope.envelope_id)
                cursor = item.delivery.log_index or cursor
            await asyncio.sleep(0.01)
        return seen

    sequencers = asyncio.gather(sequence(), sequence())
    pollers = asyncio.gather(*(poll(1 + number) for number in range(20)))
    await asyncio.gather(*(deliver(storage, number) for number in range(total)))
    everything = await pollers
    over.set()
    await sequencers

    expected = {envelope_id(number) for number in range(total)}
    assert all(len(seen) == total for seen in everything)
    assert all(set(seen) == expected for seen in everything)
    assert all(seen == everything[0] for seen in everything)


async def test_those_who_look_at_the_same_time_each_see_their_own(
    storage: Storage,
) -> None:
    for number in range(1, 4):
        await storage.envelopes.accept(acceptance(number, recipients=BOTH))
        await storage.envelopes.record_step(step(number, recipients=BOTH))
    await deliver(storage, 4)
    await storage.log.sequence(limit=10)
    alone = await inbox(storage, PROVINCE)
    after = alone[0].delivery.log_index
    assert after is not None

    everything, one, both, rest, nothing = await asyncio.gather(
        inbox(storage, PROVINCE),
        inbox(storage, MINISTRY, limit=1),
        inbox(storage, *BOTH, limit=3),
        inbox(storage, PROVINCE, after=after),
        inbox(storage, COMMUNE),
    )

    assert len(alone) == 4
    assert (everything, rest, nothing) == (alone, alone[1:], [])
    assert [item.delivery.recipient for item in one] == [MINISTRY]
    numbers = [item.envelope.envelope_id for item in both]
    # What has one log index is on one page.
    assert numbers == [envelope_id(number) for number in (1, 1, 2, 2)]
