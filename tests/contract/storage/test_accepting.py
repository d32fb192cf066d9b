import asyncio
from dataclasses import replace

import pytest

from exchange.domain.records import Accepted, Repeated, StatusChange
from exchange.errors import StateConflictError
from exchange.storage.ports import Storage
from schemas.identifiers import SystemId
from schemas.vocabulary import FINAL_DELIVERY_STATES, DeliveryState, StatusCode
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    SYSTEM,
    acceptance,
    envelope_id,
    receipt,
    status_change,
    step,
)


async def test_accepted_envelope_is_read_back_as_it_was(storage: Storage) -> None:
    accepted = acceptance(1)

    assert await storage.envelopes.accept(accepted) == Accepted(accepted.envelope)

    assert await storage.envelopes.envelope(envelope_id(1)) == accepted.envelope
    assert accepted.envelope == await storage.envelopes.envelope_by_message(
        SYSTEM, COMMUNE, accepted.envelope.message_id
    )


async def test_unknown_envelope_is_none(storage: Storage) -> None:
    unknown = acceptance(1).envelope.message_id

    assert await storage.envelopes.envelope(envelope_id(1)) is None
    assert await storage.envelopes.envelope_by_message(SYSTEM, COMMUNE, unknown) is None
    assert await storage.envelopes.delivery(envelope_id(1), PROVINCE) is None


async def test_every_recipient_gets_a_delivery(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=(PROVINCE, MINISTRY)))
    await storage.envelopes.accept(acceptance(2))

    deliveries = await storage.envelopes.deliveries(envelope_id(1))

    assert [one.recipient for one in deliveries] == [MINISTRY, PROVINCE]
    assert {one.state for one in deliveries} == {DeliveryState.ACCEPTED}
    assert await storage.envelopes.delivery(envelope_id(1), MINISTRY) == deliveries[0]


async def test_delivery_that_its_own_entry_shows_begins_available(
    storage: Storage,
) -> None:
    status = acceptance(1, recipients=(PROVINCE, MINISTRY))
    shown = replace(status, entry=replace(status.entry, makes_visible=True))
    await storage.envelopes.accept(shown)
    assert await storage.envelopes.to_check(limit=9) == []
    assert await storage.envelopes.inbox([PROVINCE, MINISTRY], after=-1, limit=9) == []

    (entry,) = await storage.log.sequence(limit=9)

    items = await storage.envelopes.inbox([PROVINCE, MINISTRY], after=-1, limit=9)
    states = {one.delivery.recipient: one.delivery.state for one in items}
    assert states == dict.fromkeys((PROVINCE, MINISTRY), DeliveryState.AVAILABLE)
    assert {one.delivery.log_index for one in items} == {entry.index}


async def test_what_is_delivered_with_its_acceptance_begins_where_that_leaves_it(
    storage: Storage,
) -> None:
    delivered = step(1, recipients=(PROVINCE, MINISTRY))
    accepted = acceptance(1, recipients=(PROVINCE, MINISTRY))
    await storage.envelopes.accept(replace(accepted, delivered=delivered))
    assert await storage.envelopes.to_check(limit=9) == []
    assert await storage.envelopes.receipts(envelope_id(1)) == [delivered.receipt]
    assert len(await storage.audit.lines(limit=9)) == 2

    sequenced = await storage.log.sequence(limit=9)

    assert [one.entry for one in sequenced] == [accepted.entry, delivered.entry]
    items = await storage.envelopes.inbox([PROVINCE, MINISTRY], after=-1, limit=9)
    states = {one.delivery.recipient: one.delivery.state for one in items}
    assert states == dict.fromkeys((PROVINCE, MINISTRY), DeliveryState.AVAILABLE)
    assert {one.delivery.log_index for one in items} == {sequenced[1].index}


async def test_same_message_id_returns_the_first_envelope(storage: Storage) -> None:
    first = acceptance(1, message_id="m")
    second = acceptance(2, message_id="m", body=b"other")
    await storage.envelopes.accept(first)

    assert await storage.envelopes.accept(second) == Repeated(first.envelope)

    assert await storage.envelopes.envelope(envelope_id(2)) is None
    assert await storage.envelopes.deliveries(envelope_id(2)) == []
    assert await storage.log.pending_of(envelope_id(2)) == []
    assert len(await storage.audit.lines(limit=9)) == 1


async def test_same_acceptance_again_is_accepted_again(storage: Storage) -> None:
    """As after an answer of the database that was lost on the way."""
    accepted = acceptance(1)
    await storage.envelopes.accept(accepted)

    again = await storage.envelopes.accept(accepted)

    assert again == Accepted(accepted.envelope)
    assert len(await storage.log.pending_of(envelope_id(1))) == 1


async def test_message_ids_of_two_systems_do_not_meet(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, message_id="m"))
    other = acceptance(2, message_id="m", system_id=SystemId("other.example"))

    assert await storage.envelopes.accept(other) == Accepted(other.envelope)


async def test_of_many_at_a_time_one_is_accepted(storage: Storage) -> None:
    copies = [acceptance(number, message_id="m") for number in range(20)]

    results = await asyncio.gather(*map(storage.envelopes.accept, copies))

    accepted = [one for one in results if isinstance(one, Accepted)]
    assert len(accepted) == 1
    assert {one.envelope.envelope_id for one in results} == {
        accepted[0].envelope.envelope_id
    }
    assert len(await storage.audit.lines(limit=99)) == 1


async def test_one_refused_among_many_hinders_nobody(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(0, message_id="taken"))
    wrong = status_change(0, StatusCode.ASSIGNED, before=StatusCode.REGISTERED)
    group = [acceptance(number) for number in range(1, 20)]
    group[5] = acceptance(6, message_id="taken")
    group[9] = acceptance(10, status_change=wrong)

    results = await asyncio.gather(
        *map(storage.envelopes.accept, group), return_exceptions=True
    )

    assert isinstance(results.pop(9), StateConflictError)
    assert isinstance(results.pop(5), Repeated)
    assert all(isinstance(one, Accepted) for one in results)
    stored = [await storage.envelopes.envelope(envelope_id(n)) for n in range(1, 20)]
    assert [n for n, one in enumerate(stored, 1) if one is None] == [6, 10]


async def test_status_change_moves_the_delivery(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    arrived = status_change(1, StatusCode.ARRIVED)
    registered = status_change(1, StatusCode.REGISTERED, before=StatusCode.ARRIVED)

    for number, change in ((2, arrived), (3, registered)):
        await storage.envelopes.accept(
            acceptance(number, status_change=change, status_of=envelope_id(1))
        )

    delivery = await storage.envelopes.delivery(envelope_id(1), PROVINCE)
    assert delivery is not None
    assert delivery.status is StatusCode.REGISTERED
    statuses = await storage.envelopes.statuses_of(envelope_id(1))
    assert [one.envelope_id for one in statuses] == [envelope_id(2), envelope_id(3)]


@pytest.mark.parametrize(
    "change",
    [
        status_change(1, StatusCode.ASSIGNED),
        status_change(1, StatusCode.ASSIGNED, before=StatusCode.ARRIVED),
        status_change(1, StatusCode.ARRIVED, before=StatusCode.REGISTERED),
        status_change(1, StatusCode.ARRIVED, recipient=MINISTRY),
        status_change(7, StatusCode.ARRIVED),
    ],
    ids=["begun", "moved on", "reported before", "no recipient", "no envelope"],
)
async def test_status_conflict_stores_nothing(
    storage: Storage, change: StatusChange
) -> None:
    await storage.envelopes.accept(acceptance(1))
    for number, one in (
        (2, status_change(1, StatusCode.ARRIVED)),
        (3, status_change(1, StatusCode.REGISTERED, before=StatusCode.ARRIVED)),
    ):
        await storage.envelopes.accept(acceptance(number, status_change=one))
    refused = replace(
        acceptance(4, receipts=(receipt(1, "assigned"),)), status_change=change
    )

    with pytest.raises(StateConflictError):
        await storage.envelopes.accept(refused)

    assert await storage.envelopes.envelope(envelope_id(4)) is None
    assert await storage.envelopes.deliveries(envelope_id(4)) == []
    assert await storage.envelopes.receipts(envelope_id(1)) == []
    assert await storage.log.pending_of(envelope_id(4)) == []
    assert len(await storage.audit.lines(limit=9)) == 3
    delivery = await storage.envelopes.delivery(envelope_id(1), PROVINCE)
    assert delivery is not None
    assert delivery.status is StatusCode.REGISTERED


@pytest.mark.parametrize("state", sorted(FINAL_DELIVERY_STATES))
async def test_nobody_reports_on_what_was_taken_away_meanwhile(
    storage: Storage, state: DeliveryState
) -> None:
    await storage.envelopes.accept(acceptance(1))
    await storage.envelopes.record_step(
        step(1, "gone", after=state, makes_visible=False)
    )

    with pytest.raises(StateConflictError):
        await storage.envelopes.accept(
            acceptance(2, status_change=status_change(1, StatusCode.REGISTERED))
        )

    assert await storage.envelopes.envelope(envelope_id(2)) is None


async def test_repeat_of_a_status_is_no_conflict(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    change = status_change(1, StatusCode.ARRIVED)
    first = acceptance(2, message_id="s", status_change=change)
    await storage.envelopes.accept(first)

    again = await storage.envelopes.accept(
        acceptance(3, message_id="s", status_change=change)
    )

    assert again == Repeated(first.envelope)


async def test_of_two_statuses_at_a_time_one_holds(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    both = (StatusCode.ARRIVED, StatusCode.REFUSED)

    results = await asyncio.gather(
        *(
            storage.envelopes.accept(
                acceptance(number, status_change=status_change(1, code))
            )
            for number, code in enumerate(both, start=2)
        ),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in results) == [
        "Accepted",
        "StateConflictError",
    ]


async def test_receipts_come_with_the_envelope(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    attested = receipt(1, "arrived:H99", content=b"<arrived/>")

    await storage.envelopes.accept(acceptance(2, receipts=(attested,)))

    assert await storage.envelopes.receipts(envelope_id(1)) == [attested]


async def test_receipt_that_is_stored_already_stores_nothing(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    attested = receipt(1, "arrived:H99")
    await storage.envelopes.accept(acceptance(2, receipts=(attested,)))

    with pytest.raises(StateConflictError):
        await storage.envelopes.accept(
            acceptance(3, receipts=(replace(attested, content=b"<other/>"),))
        )

    assert await storage.envelopes.envelope(envelope_id(3)) is None
    assert await storage.envelopes.receipts(envelope_id(1)) == [attested]
