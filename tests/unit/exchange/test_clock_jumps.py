"""The clock of the service jumps by hours: nothing doubled, nothing falsely dated."""

import pytest

from exchange.delivery.keeper import Keeper
from exchange.delivery.sequencer import Sequencer
from exchange.usecases.audit_log import audit_log
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentId
from tests.support.conversations import take
from tests.support.world import PROVINCE, World, make_world, note

JUMPS = (5, -9, 30, -26)


async def arrived(world: World, after: int = -1) -> list[str]:
    """Follow the province's inbox by its cursor."""
    caller = await world.caller("qlvb-h99")
    page = await read_inbox(
        world.services, ReadInbox(caller=caller, agency=PROVINCE, after=after)
    )
    return [one.envelope.envelope_id for one in page.items]


async def leased(world: World) -> list[str]:
    """Ask for the province's items, to have them alone for an hour."""
    caller = await world.caller("qlvb-h99")
    wish = ReadInbox(caller=caller, agency=PROVINCE, lease_seconds=3600)
    page = await read_inbox(world.services, wish)
    return [one.envelope.envelope_id for one in page.items]


async def test_letter_is_refused_while_the_clock_is_behind_and_taken_later() -> None:
    world = await make_world()
    message = world.document()
    world.clock.move(hours=-3)

    with pytest.raises(CodedError) as caught:
        await world.send(message)
    refused_size = await world.services.storage.log.size()
    await world.deliver()
    nothing = await arrived(world)
    world.clock.move(hours=3)
    accepted = await world.send(message)
    await world.deliver()

    assert caught.value.code is ErrorCode.SIGNING_TIME_OUT_OF_WINDOW
    assert (refused_size, nothing) == (0, [])
    assert await arrived(world) == [accepted.envelope.envelope_id]


async def test_jumps_double_nothing_and_keep_receipts_and_order() -> None:
    world = await make_world()
    sent = []
    for number, hours in enumerate((0, *JUMPS)):
        world.clock.move(hours=hours)
        message = world.document(
            note(b"x", number=1),
            subject=f"Số {number}",
            document_id=DocumentId(f"H99.151,2026/11/21,{number}"),
        )
        first = await world.send(message)
        await world.deliver()
        sent.append((message, first))
    found = await arrived(world)
    taken = [await take(world, one.envelope) for _, one in sent]
    world.clock.move(hours=-12)
    again = [await world.send(message) for message, _ in sent]
    retaken = [await take(world, one.envelope) for _, one in sent]

    assert found == [one.envelope.envelope_id for _, one in sent]
    assert [one.envelope.receipt for one in again] == [
        one.envelope.receipt for _, one in sent
    ]
    assert [one.receipt for one in retaken] == [one.receipt for one in taken]
    await world.deliver()
    assert (await audit_log(world.services.storage)).size > len(sent)


async def test_who_was_killed_while_the_clock_was_ahead_keeps_nobody_waiting() -> None:
    world = await make_world()
    world.clock.move(hours=7)
    await Sequencer(world.services, owner="killed").sequence_waiting()
    world.clock.move(hours=-7)

    accepted = await world.send(world.document())
    await world.deliver()

    assert await arrived(world) == [accepted.envelope.envelope_id]


async def test_lease_given_ahead_of_time_ends_and_hinders_no_receipt() -> None:
    world = await make_world()
    kept, left = [
        (await world.send(world.document(subject=f"Số {number}"))).envelope
        for number in range(2)
    ]
    await world.deliver()
    world.clock.move(hours=30)
    ahead = await leased(world)
    world.clock.move(hours=-30)
    meanwhile = await leased(world)
    taken = await take(world, kept)
    world.clock.move(hours=32)
    await Keeper(world.services, owner="test").keep()
    later = await leased(world)

    both = [kept.envelope_id, left.envelope_id]
    assert (ahead, meanwhile) == (both, [])
    assert not taken.repeated
    assert later == [left.envelope_id]
