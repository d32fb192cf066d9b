import asyncio
from dataclasses import replace

import pytest

from exchange.domain.records import StepRecord
from exchange.errors import StateConflictError
from exchange.storage.ports import Storage
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState, StatusCode, Step
from tests.support.stored import (
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)

BOTH = (PROVINCE, MINISTRY)
NOBODY = OrganId("G99")


async def states(storage: Storage, number: int) -> list[DeliveryState]:
    deliveries = await storage.envelopes.deliveries(envelope_id(number))
    return [one.state for one in deliveries]


async def test_step_moves_the_deliveries_it_names(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    delivered = step(1, recipients=(PROVINCE,))

    assert await storage.envelopes.record_step(delivered) == delivered.receipt

    assert await states(storage, 1) == [DeliveryState.ACCEPTED, DeliveryState.AVAILABLE]
    assert await storage.envelopes.receipts(envelope_id(1)) == [delivered.receipt]
    assert delivered.entry in await storage.log.pending_of(envelope_id(1))
    assert (await storage.audit.lines(limit=1))[0] == delivered.audit


async def test_deliveries_of_some_recipients_and_one_receipt_are_found(
    storage: Storage,
) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    delivered, store = step(1, recipients=BOTH), storage.envelopes
    await store.record_step(delivered)
    receipt = delivered.receipt

    (one,) = await store.deliveries(envelope_id(1), of={MINISTRY, NOBODY})

    assert one == await store.delivery(envelope_id(1), MINISTRY)
    assert await store.deliveries(envelope_id(1), of=()) == []
    assert await store.receipt(receipt.envelope_id, receipt.key) == receipt
    assert await store.receipt(envelope_id(2), receipt.key) is None
    assert await store.receipt(receipt.envelope_id, "refused") is None


async def test_step_may_leave_the_state(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))

    await storage.envelopes.record_step(step(1, after=None))

    assert await states(storage, 1) == [DeliveryState.ACCEPTED]


async def test_step_gives_a_status_where_there_is_none(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    await storage.envelopes.record_step(
        step(1, recipients=BOTH, after=DeliveryState.AVAILABLE)
    )
    await storage.documents.open_payload(envelope_id(1), [PROVINCE])
    taking = step(
        1, key="taken", recipients=(PROVINCE,), before=[DeliveryState.AVAILABLE]
    )

    await storage.envelopes.record_step(replace(taking, status=StatusCode.ARRIVED))

    found = await storage.envelopes.deliveries(envelope_id(1), of={PROVINCE})
    assert [(one.status, one.opened) for one in found] == [(StatusCode.ARRIVED, True)]


async def test_step_gives_no_status_where_there_is_one(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    arriving = replace(step(1, recipients=BOTH, after=None), status=StatusCode.ARRIVED)
    await storage.envelopes.record_step(arriving)

    with pytest.raises(StateConflictError):
        await storage.envelopes.record_step(
            replace(step(1, key="again", after=None), status=StatusCode.REGISTERED)
        )

    found = await storage.envelopes.deliveries(envelope_id(1))
    assert {one.status for one in found} == {StatusCode.ARRIVED}
    assert len(await storage.audit.lines(limit=9)) == 2


async def test_step_recorded_before_is_returned_as_stored(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    first = step(1, content=b"<first/>")
    await storage.envelopes.record_step(first)

    again = await storage.envelopes.record_step(step(1, content=b"<second/>"))

    assert again == first.receipt
    assert len(await storage.log.pending_of(envelope_id(1))) == 2
    assert len(await storage.audit.lines(limit=9)) == 2


async def test_of_one_step_many_times_at_a_time_one_is_kept(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    copies = [
        step(1, content=str(number).encode(), before=tuple(DeliveryState))
        for number in range(20)
    ]

    receipts = await asyncio.gather(*map(storage.envelopes.record_step, copies))

    assert set(receipts) == set(await storage.envelopes.receipts(envelope_id(1)))
    assert len(set(receipts)) == 1
    assert len(await storage.log.pending_of(envelope_id(1))) == 2


@pytest.mark.parametrize(
    "refused",
    [
        step(1, before=(DeliveryState.CHECKING,)),
        step(1, recipients=BOTH, before=(DeliveryState.ACCEPTED,)),
        step(1, after=None, before=(DeliveryState.HELD,)),
        step(2),
    ],
    ids=["other state", "one of two unknown", "state stays", "no envelope"],
)
async def test_step_from_another_state_stores_nothing(
    storage: Storage, refused: StepRecord
) -> None:
    await storage.envelopes.accept(acceptance(1))

    with pytest.raises(StateConflictError):
        await storage.envelopes.record_step(refused)

    assert await states(storage, 1) == [DeliveryState.ACCEPTED]
    assert await storage.envelopes.receipts(envelope_id(1)) == []
    assert len(await storage.log.pending_of(envelope_id(1))) == 1
    assert len(await storage.audit.lines(limit=9)) == 1


async def test_of_two_steps_at_a_time_one_holds(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    rivals = [
        step(1, "available", after=DeliveryState.AVAILABLE),
        step(1, "quarantined", after=DeliveryState.QUARANTINED),
    ]

    results = await asyncio.gather(
        *map(storage.envelopes.record_step, rivals), return_exceptions=True
    )

    refused = [one for one in results if isinstance(one, StateConflictError)]
    assert len(refused) == 1
    assert len(await storage.envelopes.receipts(envelope_id(1))) == 1


async def test_one_refused_step_hinders_nobody(storage: Storage) -> None:
    for number in range(10):
        await storage.envelopes.accept(acceptance(number))
    steps = [step(number) for number in range(10)]
    steps[4] = step(4, before=(DeliveryState.HELD,))

    results = await asyncio.gather(
        *map(storage.envelopes.record_step, steps), return_exceptions=True
    )

    assert isinstance(results.pop(4), StateConflictError)
    assert results == [one.receipt for one in steps if one is not steps[4]]


async def test_receipts_come_in_the_order_of_recording(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    later = step(1, "a", after=None)
    later = replace(later, receipt=replace(later.receipt, entry_id="2"))
    earlier = step(1, "b", after=None)
    earlier = replace(earlier, receipt=replace(earlier.receipt, entry_id="1"))

    for one in (later, earlier):
        await storage.envelopes.record_step(one)

    receipts = await storage.envelopes.receipts(envelope_id(1))
    assert [one.key for one in receipts] == ["b", "a"]


async def test_times_a_step_was_taken_for_one_are_found_and_nothing_else(
    storage: Storage,
) -> None:
    await storage.envelopes.accept(acceptance(1))
    keys = [f"failed:{PROVINCE}{time}" for time in ("", ":2", ":10", ".151", ";", "0")]
    for key in (*keys, "failed", f"dead_lettered:{PROVINCE}"):
        await storage.envelopes.record_step(step(1, key, after=None))
    await storage.envelopes.accept(acceptance(2))
    await storage.envelopes.record_step(step(2, keys[0], after=None))

    found = await storage.envelopes.receipts_of(envelope_id(1), Step.FAILED, PROVINCE)

    assert {one.key for one in found} == set(keys[:3])
    assert {one.envelope_id for one in found} == {envelope_id(1)}


async def test_only_unchecked_envelopes_are_to_check(storage: Storage) -> None:
    for number in (3, 1, 2, 4):
        await storage.envelopes.accept(acceptance(number, recipients=BOTH))
    await storage.envelopes.record_step(step(1, recipients=BOTH))
    await storage.envelopes.record_step(
        step(2, recipients=BOTH, after=DeliveryState.CHECKING)
    )

    oldest = await storage.envelopes.to_check(limit=2)

    assert [one.envelope_id for one in oldest] == [envelope_id(2), envelope_id(3)]
    assert len(await storage.envelopes.to_check(limit=9)) == 3

    for number, urgency in ((5, 0), (6, 3), (7, 2), (8, 3)):
        made = acceptance(number)
        marked = replace(made, envelope=replace(made.envelope, urgency=urgency))
        await storage.envelopes.accept(marked)
    urgent = await storage.envelopes.to_check(limit=4, urgent=True)
    expected = [envelope_id(one) for one in (6, 8, 7, 2)]
    assert [one.envelope_id for one in urgent] == expected


async def test_of_two_who_take_at_a_time_one_does_and_others_are_not_hindered(
    storage: Storage,
) -> None:
    for number in range(1, 5):
        await deliver(storage, number)
    taking = [
        step(
            number,
            f"taken-{turn}",
            before=(DeliveryState.AVAILABLE,),
            after=DeliveryState.ACKNOWLEDGED,
        )
        for turn, number in enumerate((1, 2, 1, 3, 4))
    ]

    results = await asyncio.gather(
        *map(storage.envelopes.record_step, taking), return_exceptions=True
    )

    refused = [isinstance(one, StateConflictError) for one in results]
    assert (sum(refused), sum(refused[number] for number in (1, 3, 4))) == (1, 0)
    for number in range(1, 5):
        found = await storage.envelopes.delivery(envelope_id(number), PROVINCE)
        assert found is not None
        assert found.state is DeliveryState.ACKNOWLEDGED


async def test_two_steps_of_a_delivery_that_leave_its_state_are_both_recorded(
    storage: Storage,
) -> None:
    await deliver(storage, 1)
    steps = tuple(
        step(1, key, before=(DeliveryState.AVAILABLE,), after=None)
        for key in ("one", "two")
    )
    request = replace(acceptance(5, recipients=(MINISTRY,)), steps=steps)
    await storage.envelopes.accept(request)
    keys = {one.key for one in await storage.envelopes.receipts(envelope_id(1))}
    assert keys == {"delivered", "one", "two"}
