from exchange.storage.ports import SentQuery, Storage
from schemas.vocabulary import DeliveryState
from tests.support.stored import (
    COMMUNE,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
)


async def arrived(storage: Storage, *numbers: int) -> None:
    for number in numbers:
        await deliver(storage, number)
        await storage.log.sequence(limit=100)


async def test_newest_mail_comes_first_and_pages_meet(storage: Storage) -> None:
    await arrived(storage, 1, 2, 3)

    first = await storage.mailboxes.arrived(PROVINCE, before=None, limit=2)
    last = first[-1].delivery.log_index
    rest = await storage.mailboxes.arrived(PROVINCE, before=last, limit=2)

    shown = [one.envelope.envelope_id for one in (*first, *rest)]
    assert shown == [envelope_id(3), envelope_id(2), envelope_id(1)]
    assert {one.delivery.recipient for one in (*first, *rest)} == {PROVINCE}


async def test_mail_that_is_not_visible_is_not_shown(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    assert await storage.mailboxes.arrived(PROVINCE, before=None, limit=9) == []


async def test_sent_documents_come_newest_first(storage: Storage) -> None:
    for number in (1, 2, 3):
        await storage.envelopes.accept(acceptance(number))

    first = await storage.mailboxes.sent(SentQuery(sender=COMMUNE, limit=2))
    rest = await storage.mailboxes.sent(
        SentQuery(sender=COMMUNE, before=first[-1].envelope_id)
    )

    shown = [one.envelope_id for one in (*first, *rest)]
    assert shown == [envelope_id(3), envelope_id(2), envelope_id(1)]
    assert await storage.mailboxes.sent(SentQuery(sender=PROVINCE)) == []


async def test_states_of_documents_are_counted(storage: Storage) -> None:
    await arrived(storage, 1)
    await storage.envelopes.accept(acceptance(2))

    counted = await storage.mailboxes.states([envelope_id(1), envelope_id(2)])

    deliveries = await storage.envelopes.deliveries(envelope_id(1))
    assert deliveries
    assert counted[envelope_id(1)] == {DeliveryState.AVAILABLE: len(deliveries)}
    assert counted[envelope_id(2)] == {DeliveryState.ACCEPTED: len(deliveries)}
    assert await storage.mailboxes.states([]) == {}
