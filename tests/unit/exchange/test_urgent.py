"""Urgent documents go ahead of others that wait, and leave them a share."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.delivery.checker import Checker
from exchange.places import Places
from exchange.storage.lanes import in_turn, most_urgent
from exchange.storage.memory import MemoryStorage
from pki.trust import TrustMaterial
from schemas.edxml.document import OtherInfo
from schemas.identifiers import EnvelopeId
from schemas.verdict import Verdict
from schemas.vocabulary import DeliveryState, Urgency
from tests.support.small_pdf import small_pdf
from tests.support.stored import acceptance, log_entry
from tests.support.world import (
    PROVINCE,
    InProcessPdfs,
    World,
    attachment,
    make_world,
    note,
)

BULK, PLACES = 60, 4


async def test_places_are_given_to_the_urgent_first_and_to_others_in_between() -> None:
    places, given_to = Places(1), list[str]()
    begun = asyncio.Event()

    async def work(name: str, *, urgent: bool) -> None:
        async with places.held(urgent=urgent):
            given_to.append(name)
            await begun.wait()

    tasks = [asyncio.create_task(work("first", urgent=False))]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(work(f"n{one}", urgent=False)) for one in range(3)]
    tasks += [asyncio.create_task(work(f"u{one}", urgent=True)) for one in range(7)]
    await asyncio.sleep(0)
    begun.set()
    await asyncio.gather(*tasks)

    in_turn_of_each = ["u0", "u1", "u2", "n0", "u3", "u4", "u5", "n1", "u6", "n2"]
    assert given_to == ["first", *in_turn_of_each]


async def test_a_place_is_not_lost_with_one_who_stopped_waiting() -> None:
    places = Places(1)

    async def hold() -> None:
        async with places.held():
            await asyncio.sleep(0)

    async with places.held():
        waiting = [asyncio.create_task(hold()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()

    await asyncio.gather(*waiting, return_exceptions=True)
    await hold()
    assert [one.cancelled() for one in waiting] == [True, True, False]


@given(
    limit=st.integers(min_value=2, max_value=500),
    urgent=st.integers(min_value=0, max_value=600),
    others=st.integers(min_value=0, max_value=600),
)
def test_every_round_has_a_share_for_those_that_wait_longest(
    limit: int, urgent: int, others: int
) -> None:
    flash = {f"u{one}": f"u{one}" for one in range(urgent)}
    bulk = {f"n{one}": f"n{one}" for one in range(others)}
    first = dict(list(flash.items())[: most_urgent(limit)])

    found = in_turn(first, {**bulk, **flash}, limit=limit)

    assert len(found) == len(set(found)) == min(limit, urgent + others)
    assert found[: len(first)] == list(first)
    if others and limit >= 5:
        assert "n0" in found


async def test_an_urgent_entry_is_sequenced_in_the_next_round() -> None:
    storage = MemoryStorage()
    for number in range(1, 3001):
        entry = log_entry(f"{number:026d}", number)
        storage_acceptance = replace(acceptance(number), entry=entry)
        await storage.envelopes.accept(storage_acceptance)
    for number, urgency in ((3001, 1), (3002, 3)):
        made = acceptance(number)
        marked = replace(log_entry(f"{number:026d}", number), urgency=urgency)
        await storage.envelopes.accept(replace(made, entry=marked))

    done = await storage.log.sequence(limit=100)

    ids = [int(one.entry.entry_id) for one in done]
    assert ids == [3002, 3001, *range(1, 99)]


class WaitingPdfs(InProcessPdfs):
    """Judges nothing before it is told to, and notes how much it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = asyncio.Semaphore(0)

    async def judge(
        self, data: bytes, *, material: TrustMaterial, at: datetime
    ) -> Verdict:
        self.asked += 1
        await self.go_on.acquire()
        return await super().judge(data, material=material, at=at)


async def state_of(world: World, envelope_id: EnvelopeId) -> DeliveryState:
    deliveries = await world.services.storage.envelopes.deliveries(envelope_id)
    return next(one.state for one in deliveries if one.recipient == PROVINCE)


async def test_a_flash_document_overtakes_a_bulk_send_whose_checks_are_stuck() -> None:
    pdfs = WaitingPdfs()
    world = (await make_world()).with_pdfs(pdfs)
    pdf = attachment(small_pdf())
    for _ in range(BULK):
        await world.send(world.document(pdf))
    checker = Checker(world.services, owner="test")
    await checker.turn()
    await _until(lambda: pdfs.asked == PLACES)

    flash = OtherInfo(priority=Urgency.FLASH)
    plain = await world.send(world.document(note(b"x"), other=flash))
    await checker.turn()
    await _until_available(world, plain.envelope.envelope_id)
    assert pdfs.asked == PLACES

    # Intake looks into the PDF, and the check judges it: a place freed for each.
    sending = asyncio.create_task(world.send(world.document(pdf, other=flash)))
    await asyncio.sleep(0.05)
    pdfs.go_on.release()
    with_pdf = await sending
    await checker.turn()
    for _ in range(2 * PLACES):
        pdfs.go_on.release()
    await _until_available(world, with_pdf.envelope.envelope_id)
    assert pdfs.asked <= 4 * PLACES

    await checker.stop()


async def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    pytest.fail("never so")


async def _until_available(world: World, envelope_id: EnvelopeId) -> None:
    for _ in range(2000):
        if await state_of(world, envelope_id) is DeliveryState.AVAILABLE:
            return
        await asyncio.sleep(0.001)
    pytest.fail("not available")
