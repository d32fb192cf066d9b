import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from exchange.domain.records import Delivery, DeliveryLease, DeliveryRetry, InboxItem
from exchange.storage.ports import DeliveryQuery, Storage
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState
from tests.support.pki import NOW
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)

MINUTE = timedelta(minutes=1)
BOTH = (PROVINCE, MINISTRY)


async def shown(storage: Storage, *numbers: int) -> None:
    for number in numbers:
        await deliver(storage, number)
    await storage.log.sequence(limit=100)


async def lease(
    storage: Storage, owner: str, *, minute: int = 0, limit: int = 1
) -> list[InboxItem]:
    now = NOW + minute * MINUTE
    wanted = DeliveryLease(owner, now + 5 * MINUTE)
    return list(
        await storage.deliveries.lease((PROVINCE,), wanted, now=now, limit=limit)
    )


async def delivery(storage: Storage, number: int = 1) -> Delivery:
    found = await storage.envelopes.delivery(envelope_id(number), PROVINCE)
    assert found is not None
    return found


def ids(items: Collection[InboxItem]) -> list[str]:
    return [one.envelope.envelope_id for one in items]


async def test_leased_delivery_belongs_to_one_poller_until_the_lease_ends(
    storage: Storage,
) -> None:
    await shown(storage, 1)

    [first] = await lease(storage, "a")

    assert first.delivery.lease == DeliveryLease("a", NOW + 5 * MINUTE)
    assert first.delivery == await delivery(storage)
    assert await lease(storage, "b", minute=4) == []
    [again] = await lease(storage, "b", minute=5)
    assert again.delivery.lease == DeliveryLease("b", NOW + 10 * MINUTE)


async def test_leases_are_given_oldest_first_and_up_to_the_limit(
    storage: Storage,
) -> None:
    await shown(storage, 1, 2, 3)

    assert ids(await lease(storage, "a", limit=2)) == [envelope_id(1), envelope_id(2)]
    assert ids(await lease(storage, "b", limit=2)) == [envelope_id(3)]


async def test_what_is_not_visible_is_leased_to_nobody(storage: Storage) -> None:
    await deliver(storage, 1)

    assert await lease(storage, "a") == []


async def test_twenty_pollers_at_once_get_one_delivery_each(storage: Storage) -> None:
    await shown(storage, *range(1, 21))

    found = await asyncio.gather(
        *(lease(storage, f"poller-{number}") for number in range(20))
    )

    assert sorted(one for items in found for one in ids(items)) == [
        envelope_id(number) for number in range(1, 21)
    ]
    assert all(len(items) == 1 for items in found)


async def test_twenty_pollers_that_lease_until_nothing_is_left_share_all_of_it(
    storage: Storage,
) -> None:
    count = 40
    await shown(storage, *range(1, count + 1))

    async def all_of(owner: str) -> list[str]:
        found: list[str] = []
        while items := await lease(storage, owner, limit=2):
            found += ids(items)
        return found

    shares = await asyncio.gather(*(all_of(f"poller-{one}") for one in range(20)))

    leased = sorted(one for share in shares for one in share)
    assert leased == [envelope_id(number) for number in range(1, count + 1)]


async def test_ended_leases_are_returned_and_others_stay(storage: Storage) -> None:
    await shown(storage, 1, 2)
    await lease(storage, "a")
    await lease(storage, "b", minute=1)

    ended = await storage.deliveries.end_leases(now=NOW + 5 * MINUTE)

    assert ended == 1
    assert (await delivery(storage, 1)).state is DeliveryState.AVAILABLE
    assert (await delivery(storage, 1)).lease is None
    assert (await delivery(storage, 2)).state is DeliveryState.LEASED


async def test_step_ends_the_lease(storage: Storage) -> None:
    await shown(storage, 1)
    await lease(storage, "a")

    await storage.envelopes.record_step(
        step(
            1,
            "taken",
            before=(DeliveryState.LEASED,),
            after=DeliveryState.ACKNOWLEDGED,
        )
    )

    assert (await delivery(storage)).lease is None
    assert await lease(storage, "b", minute=60) == []


async def test_step_leases_a_delivery_until_the_lease_ends(storage: Storage) -> None:
    await shown(storage, 1)
    held = DeliveryLease("qlvb", NOW + 5 * MINUTE)

    await storage.envelopes.record_step(
        step(
            1,
            "processing",
            before=(DeliveryState.AVAILABLE,),
            after=DeliveryState.LEASED,
            lease=held,
        )
    )

    assert (await delivery(storage)).lease == held
    assert await storage.deliveries.end_leases(now=NOW + 4 * MINUTE) == 0
    assert await lease(storage, "b", minute=4) == []
    assert await storage.deliveries.end_leases(now=NOW + 5 * MINUTE) == 1
    assert (await delivery(storage)).state is DeliveryState.AVAILABLE
    assert ids(await lease(storage, "b", minute=5)) == [envelope_id(1)]


async def test_lease_without_an_end_is_over(storage: Storage) -> None:
    await shown(storage, 1, 2)
    for number in (1, 2):
        await storage.envelopes.record_step(
            step(
                number,
                "processing",
                before=(DeliveryState.AVAILABLE,),
                after=DeliveryState.LEASED,
            )
        )

    assert ids(await lease(storage, "a")) == [envelope_id(1)]
    assert await storage.deliveries.end_leases(now=NOW) == 1
    assert (await delivery(storage, 2)).state is DeliveryState.AVAILABLE


async def failed(storage: Storage, number: int, retry: DeliveryRetry) -> None:
    """Record the first failure of a delivery that is available."""
    await storage.envelopes.record_step(
        step(
            number,
            "failed:1",
            before=(DeliveryState.AVAILABLE,),
            after=DeliveryState.FAILED,
            retry=retry,
        )
    )


async def test_failure_is_kept_and_comes_due_when_its_time_has_come(
    storage: Storage,
) -> None:
    await shown(storage, 1, 2)
    retry = DeliveryRetry(failures=1, first_at=NOW, retry_at=NOW + MINUTE)

    await failed(storage, 1, retry)

    assert (await delivery(storage)).retry == retry
    early = await storage.deliveries.due_again(now=NOW, limit=9)
    due = await storage.deliveries.due_again(now=NOW + MINUTE, limit=9)
    assert list(early) == []
    assert list(due) == [await delivery(storage)]


async def test_what_is_due_again_longest_comes_first(storage: Storage) -> None:
    await shown(storage, 1, 2, 3)
    for number, minutes in ((1, 2), (2, 1), (3, 3)):
        retry = DeliveryRetry(failures=1, first_at=NOW, retry_at=NOW + minutes * MINUTE)
        await failed(storage, number, retry)

    due = await storage.deliveries.due_again(now=NOW + 2 * MINUTE, limit=1)
    both = await storage.deliveries.due_again(now=NOW + 2 * MINUTE, limit=9)

    assert [one.envelope_id for one in due] == [envelope_id(2)]
    assert [one.envelope_id for one in both] == [envelope_id(2), envelope_id(1)]


async def test_sender_finds_what_is_in_a_state_page_by_page(storage: Storage) -> None:
    for number in (1, 2):
        await storage.envelopes.accept(acceptance(number, recipients=BOTH))
    await storage.envelopes.accept(acceptance(3, status_of=envelope_id(1)))
    await storage.envelopes.record_step(step(1, recipients=(MINISTRY,)))

    async def page(after: str, state: DeliveryState) -> list[tuple[str, OrganId]]:
        query = DeliveryQuery(states=(state,), sender=COMMUNE, after=after, limit=2)
        found = await storage.deliveries.find(query)
        return [(one.envelope.envelope_id, one.delivery.recipient) for one in found]

    assert await page("", DeliveryState.AVAILABLE) == [(envelope_id(1), MINISTRY)]
    first = await page("", DeliveryState.ACCEPTED)
    second = await page("/".join(first[-1]), DeliveryState.ACCEPTED)
    assert first == [(envelope_id(1), PROVINCE), (envelope_id(2), MINISTRY)]
    assert second == [(envelope_id(2), PROVINCE)]


async def test_old_deliveries_are_found_whoever_sent_them(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    await storage.envelopes.accept(acceptance(2, status_of=envelope_id(1)))
    await storage.envelopes.accept(acceptance(3))
    query = DeliveryQuery(states=(DeliveryState.ACCEPTED,), before=envelope_id(3))

    assert ids(await storage.deliveries.find(query)) == [envelope_id(1), envelope_id(2)]


async def test_deliveries_in_a_state_are_counted_up_to_a_limit(
    storage: Storage,
) -> None:
    for number in (1, 2, 3):
        await storage.envelopes.accept(acceptance(number))
    await deliver(storage, 4)

    async def count(state: DeliveryState, limit: int, after: str = "") -> int:
        query = DeliveryQuery(states=(state,), after=after, limit=limit)
        (number,) = await storage.deliveries.counts([query])
        return number

    assert await count(DeliveryState.ACCEPTED, 9) == 3
    assert await count(DeliveryState.ACCEPTED, 9, envelope_id(2)) == 2
    assert await count(DeliveryState.ACCEPTED, 2) == 2
    assert await count(DeliveryState.AVAILABLE, 9) == 1


async def test_deliveries_to_one_agency_are_counted(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, recipients=BOTH))
    await storage.envelopes.accept(acceptance(2))
    states = (DeliveryState.ACCEPTED, DeliveryState.AVAILABLE)

    wanted = DeliveryQuery(states=states, recipient=MINISTRY)

    none = replace(wanted, recipient=OrganId("G99"))
    counted = await storage.deliveries.counts([none, wanted, none, wanted])
    assert list(counted) == [0, 1, 0, 1]
    assert not await storage.deliveries.counts([])


async def test_what_somebody_has_for_longer_is_left_out_on_wish(
    storage: Storage,
) -> None:
    await shown(storage, 1, 2, 3)
    await storage.envelopes.accept(acceptance(4))
    await lease(storage, "over")
    await lease(storage, "at work", minute=1)

    query = DeliveryQuery(
        states=(DeliveryState.LEASED, DeliveryState.ACCEPTED),
        recipient=PROVINCE,
        lease_ended=NOW + 5 * MINUTE,
        limit=2,
    )
    found = await storage.deliveries.find(query)

    assert ids(found) == [envelope_id(1), envelope_id(4)]
    assert list(await storage.deliveries.counts([query])) == [2]
