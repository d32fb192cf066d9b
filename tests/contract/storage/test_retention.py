"""A body goes in one step with its receipt; what is switched and used is counted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.maintenance import Maintenance
from exchange.domain.records import AddedDelivery, DeliveryUpdate, StepRecord
from exchange.domain.usage import day_of, sent_today, stored_for
from exchange.errors import ExchangeError, StateConflictError
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState
from tests.support.pki import NOW
from tests.support.purges import purge_of
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    SYSTEM,
    acceptance,
    audit_line,
    envelope_id,
    in_pieces,
    step,
)

LARGE = bytes(range(256)) * 8192
SOON = NOW + timedelta(days=1)


def adding(number: int, recipient: OrganId = MINISTRY) -> StepRecord:
    """A step by which an envelope gets a recipient more."""
    added = AddedDelivery(
        acceptance(number).envelope, recipient, DeliveryState.AVAILABLE
    )
    plain = step(number, f"delivered:{recipient}", recipients=(), after=None)
    return replace(plain, added=(added,))


async def kept(storage: Storage, after: str = "", limit: int = 9) -> list[EnvelopeId]:
    found = await storage.retention.kept(
        after=EnvelopeId(after), before=SOON, limit=limit
    )
    return [one.envelope_id for one in found]


async def test_body_goes_once_and_all_else_stays(storage: Storage) -> None:
    await storage.envelopes.store_chunks("large", in_pieces(LARGE, 100_000))
    await storage.envelopes.accept(acceptance(1, body=b"small"))
    await storage.envelopes.accept(acceptance(2, body=LARGE, body_chunks="large"))
    await storage.envelopes.accept(acceptance(3, body=b"other"))
    assert await kept(storage) == [envelope_id(one) for one in (1, 2, 3)]
    assert await kept(storage, after=envelope_id(1), limit=1) == [envelope_id(2)]

    for number in (1, 2):
        before = await storage.envelopes.envelope(envelope_id(number))
        wanted = await purge_of(storage, number)
        assert await storage.retention.purge(wanted)
        assert not await storage.retention.purge(wanted)
        assert before is not None
        after = await storage.envelopes.envelope(envelope_id(number))
        assert after == replace(before, purged_at=NOW)
        (receipt,) = await storage.envelopes.receipts(envelope_id(number))
        assert receipt.key == "purged"
        with pytest.raises(ExchangeError) as refused:
            _ = [one async for one in storage.envelopes.read_body(envelope_id(number))]
        assert refused.value.code is ErrorCode.PAYLOAD_PURGED
    assert await kept(storage) == [envelope_id(3)]
    await storage.envelopes.drop_orphans(before=SOON + timedelta(days=9999))
    left = [one async for one in storage.envelopes.read_body(envelope_id(3))]
    assert left == [b"other"]


async def test_room_is_given_back_once_and_with_the_body_alone(
    storage: Storage,
) -> None:
    room = stored_for(COMMUNE)
    await storage.usage.add({room: 9})
    await storage.envelopes.accept(acceptance(1, body=b"small"))
    late = await purge_of(storage, 1, freed={room: 5})
    await storage.envelopes.record_step(adding(1))
    with pytest.raises(StateConflictError):
        await storage.retention.purge(late)
    assert await storage.usage.totals([room]) == {room: 9}

    wanted = await purge_of(storage, 1, freed={room: 5})
    assert await storage.retention.purge(wanted)
    assert not await storage.retention.purge(wanted)
    assert await storage.usage.totals([room]) == {room: 4}


async def test_body_stays_when_a_recipient_was_added_meanwhile(
    storage: Storage,
) -> None:
    await storage.envelopes.accept(acceptance(1))
    wanted = await purge_of(storage, 1)
    await storage.envelopes.record_step(adding(1))
    with pytest.raises(StateConflictError):
        await storage.retention.purge(wanted)
    assert await kept(storage) == [envelope_id(1)]
    assert await storage.retention.purge(await purge_of(storage, 1))


async def test_recipient_is_not_added_when_the_body_is_gone(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    await storage.retention.purge(await purge_of(storage, 1))
    with pytest.raises(StateConflictError) as refused:
        await storage.envelopes.record_step(adding(1))
    assert refused.value.code is ErrorCode.PAYLOAD_PURGED
    with pytest.raises(StateConflictError):
        await storage.envelopes.accept(replace(acceptance(5), steps=(adding(1),)))
    assert await storage.envelopes.envelope(envelope_id(5)) is None
    assert await storage.envelopes.delivery(envelope_id(1), MINISTRY) is None


async def test_recipients_are_added_one_after_the_other(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    for recipient in (MINISTRY, COMMUNE):
        await storage.envelopes.record_step(adding(1, recipient))
    found = await storage.envelopes.deliveries(envelope_id(1))
    assert {one.recipient for one in found} == {PROVINCE, MINISTRY, COMMUNE}


async def test_known_envelope_is_as_stored_but_that_its_body_may_have_gone(
    storage: Storage,
) -> None:
    wanted = acceptance(1, recipients=(PROVINCE, COMMUNE))
    await storage.envelopes.accept(wanted)
    assert await storage.envelopes.known_envelope(envelope_id(1)) == wanted.envelope
    assert await storage.envelopes.known_envelope(envelope_id(2)) is None

    await storage.retention.purge(await purge_of(storage, 1))
    known = await storage.envelopes.known_envelope(envelope_id(1))
    assert known is not None
    assert replace(known, purged_at=None) == wanted.envelope
    found = await storage.envelopes.envelope(envelope_id(1))
    assert found == replace(wanted.envelope, purged_at=NOW)
    assert await storage.envelopes.known_envelope(envelope_id(1)) == found


async def test_nothing_goes_when_a_delivery_changed(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, body=b"small"))
    (one,) = await storage.envelopes.deliveries(envelope_id(1))
    wanted = await purge_of(storage, 1)
    other = replace(one, state=DeliveryState.AVAILABLE)
    stale = replace(wanted.step, updates=(DeliveryUpdate(other, other),))
    with pytest.raises(StateConflictError):
        await storage.retention.purge(replace(wanted, step=stale))
    found = await storage.envelopes.envelope(envelope_id(1))
    assert found is not None
    assert found.purged_at is None
    left = [one async for one in storage.envelopes.read_body(envelope_id(1))]
    assert left == [b"small"]
    assert await storage.envelopes.receipts(envelope_id(1)) == []


async def test_switches_and_usage_are_for_all_processes(storage: Storage) -> None:
    assert await storage.controls.maintenance() is None
    for reason in ("a", "b"):
        begun = Maintenance(since=NOW, reason=reason)
        await storage.controls.set_maintenance(begun, audit=audit_line())
        assert await storage.controls.maintenance() == begun
    await storage.controls.set_maintenance(None, audit=audit_line())
    assert await storage.controls.maintenance() is None
    assert len(await storage.audit.lines(limit=10)) == 3

    old, room = sent_today(SYSTEM, NOW - timedelta(days=1)), stored_for(PROVINCE)
    await storage.usage.add({})
    await storage.usage.add({old: 5, room: 7})
    await storage.usage.add({room: -3})
    assert await storage.usage.totals([old, room, "x"]) == {old: 5, room: 4}
    assert await storage.usage.drop(before=day_of(NOW)) == 1
    assert await storage.usage.totals([old, room]) == {room: 4}
