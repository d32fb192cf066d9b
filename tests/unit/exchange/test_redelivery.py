"""What becomes of deliveries that are leased, fail, are given up, held or stuck."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from clients.messages import (
    Acknowledgement,
    prepare_acknowledgement,
    prepare_document,
)
from exchange.delivery.keeper import Keeper
from exchange.domain.records import Delivery, Envelope, InboxItem, StoredReceipt
from exchange.domain.retries import PERSISTENCE
from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    PlainStep,
    RecordedStep,
    SignedStep,
    acknowledge_delivery,
)
from exchange.usecases.find_stuck import find_stuck
from exchange.usecases.look_after_deliveries import (
    Watchlist,
    attempts_of,
    deliveries_in,
)
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from exchange.usecases.release_delivery import TendDelivery, release_delivery
from exchange.usecases.tending import Tending, release, resend
from schemas.edxml.document import Organisation
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId, SystemId
from schemas.vocabulary import DeliveryState, Step, TransportAcknowledgement
from tests.support.late import dead_letter
from tests.support.small_pdf import small_pdf
from tests.support.world import (
    COMMUNE,
    COMMUNE_2016,
    PROVINCE,
    CrashingPdfs,
    World,
    attachment,
    edxml_document,
    make_world,
)

DONE = TransportAcknowledgement.DONE
FAIL = TransportAcknowledgement.FAIL
PROCESSING = TransportAcknowledgement.PROCESSING


@pytest.fixture
async def world() -> World:
    return await make_world()


async def lease(world: World, *, seconds: float = 60, limit: int = 1) -> list[str]:
    return [one.envelope.envelope_id for one in await leased(world, seconds, limit)]


async def leased(
    world: World, seconds: float = 60, limit: int = 1
) -> tuple[InboxItem, ...]:
    command = ReadInbox(
        caller=await world.caller("qlvb-h99"),
        agency=PROVINCE,
        lease_seconds=seconds,
        limit=limit,
    )
    return (await read_inbox(world.services, command)).items


def signed(
    world: World, envelope: Envelope, state: TransportAcknowledgement
) -> SignedStep:
    said = Acknowledgement(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId("qlvb-h99"),
        state=state,
    )
    now = world.services.now()
    return SignedStep(prepare_acknowledgement(said, credential=world.province, at=now))


async def say(
    world: World,
    envelope: Envelope,
    said: SignedStep | PlainStep | TransportAcknowledgement,
) -> RecordedStep:
    if isinstance(said, TransportAcknowledgement):
        said = signed(world, envelope, said)
    caller = await world.caller("qlvb-h99")
    may_channel = isinstance(said, PlainStep)
    command = AcknowledgeDelivery(
        caller=replace(caller, system=replace(caller.system, may_channel=may_channel)),
        envelope_id=envelope.envelope_id,
        agency=PROVINCE,
        said=said,
    )
    return await acknowledge_delivery(world.services, command)


async def keep(world: World) -> None:
    await Keeper(world.services, owner="test").keep()


async def delivery(world: World, envelope: Envelope) -> Delivery:
    found = await world.services.storage.envelopes.delivery(
        envelope.envelope_id, PROVINCE
    )
    assert found is not None
    return found


async def steps(world: World, envelope: Envelope) -> list[Step]:
    receipts = await world.services.storage.envelopes.receipts(envelope.envelope_id)
    return [one.step for one in receipts]


async def held(world: World) -> Envelope:
    crashing = world.with_pdfs(CrashingPdfs())
    accepted = await world.send(world.document(attachment(small_pdf())))
    await crashing.deliver()
    return accepted.envelope


def wanted(envelope_id: EnvelopeId, actor: str = "cli:op") -> Tending:
    return Tending(
        envelope_id=envelope_id,
        recipients=frozenset({PROVINCE}),
        actor=actor,
        reason="đã xem tệp",
    )


async def test_leased_item_comes_back_when_its_lease_ends(world: World) -> None:
    envelope = (await world.sent()).envelope

    first = await lease(world)
    second = await lease(world)
    world.clock.move(seconds=60)
    await keep(world)

    assert (first, second) == ([envelope.envelope_id], [])
    assert (await delivery(world, envelope)).state is DeliveryState.AVAILABLE
    assert await lease(world) == [envelope.envelope_id]


async def test_lease_is_no_longer_than_the_hub_allows(world: World) -> None:
    await world.sent()

    [item] = await leased(world, seconds=10**6)

    assert item.delivery.lease is not None
    longest = timedelta(seconds=world.services.limits.lease_seconds)
    assert item.delivery.lease.until == world.clock.now + longest


async def test_leased_item_stays_in_the_inbox_of_the_cursor(world: World) -> None:
    envelope = (await world.sent()).envelope
    await lease(world)

    command = ReadInbox(caller=await world.caller("qlvb-h99"), agency=PROVINCE)
    [item] = (await read_inbox(world.services, command)).items

    assert item.envelope == envelope
    assert item.delivery.state is DeliveryState.LEASED


@pytest.mark.parametrize("state", [DONE, PROCESSING], ids=str)
async def test_another_poller_than_the_holder_may_say_how_it_went(
    world: World, state: TransportAcknowledgement
) -> None:
    envelope = (await world.sent()).envelope
    await lease(world)

    first = await say(world, envelope, state)
    again = await say(world, envelope, state)

    assert not first.repeated
    assert again.repeated
    assert again.receipt == first.receipt
    assert await lease(world) == []


async def test_what_is_said_to_be_in_work_is_available_again_after_a_while(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, PROCESSING)
    seconds = world.services.limits.processing_seconds
    working = await delivery(world, envelope)

    world.clock.move(seconds=seconds - 1)
    await keep(world)
    during = await delivery(world, envelope)
    world.clock.move(seconds=1)
    await keep(world)
    after = await delivery(world, envelope)

    assert working.state is DeliveryState.LEASED
    assert working.lease is not None
    assert working.lease.owner == "qlvb-h99"
    assert during == working
    assert (after.state, after.lease) == (DeliveryState.AVAILABLE, None)
    assert after.log_index == working.log_index
    assert await lease(world) == [envelope.envelope_id]


async def offered_after_a_failure(world: World, envelope: Envelope) -> None:
    await say(world, envelope, FAIL)
    world.clock.move(minutes=1)
    await keep(world)


async def test_who_takes_up_what_failed_before_has_it_alone_again(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    first = await say(world, envelope, PROCESSING)
    await offered_after_a_failure(world, envelope)
    await lease(world, seconds=30)

    second = await say(world, envelope, PROCESSING)
    world.clock.move(seconds=31)
    await keep(world)

    assert not second.repeated
    assert second.receipt != first.receipt
    assert (await steps(world, envelope)).count(Step.PROCESSING) == 2
    assert await lease(world) == []


async def test_what_is_past_its_time_in_work_can_be_taken_up_again(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, PROCESSING)
    world.clock.move(seconds=world.services.limits.processing_seconds)

    again = await say(world, envelope, PROCESSING)
    await keep(world)

    assert not again.repeated
    assert (await delivery(world, envelope)).state is DeliveryState.LEASED
    assert await lease(world) == []


async def test_channel_peer_that_takes_it_up_again_has_it_alone(world: World) -> None:
    envelope = (await world.sent()).envelope
    word = PlainStep(PROCESSING)

    first, again = [await say(world, envelope, word) for _ in range(2)]
    world.clock.move(seconds=world.services.limits.processing_seconds)
    later = await say(world, envelope, word)

    assert again == RecordedStep(first.receipt, repeated=True)
    assert not later.repeated
    assert await lease(world) == []


async def test_word_of_work_that_was_recorded_is_a_repeat_for_ever(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    said = signed(world, envelope, PROCESSING)
    first = await say(world, envelope, said)
    await offered_after_a_failure(world, envelope)

    while_offered = await say(world, envelope, said)
    await say(world, envelope, DONE)
    after_all = await say(world, envelope, said)

    assert while_offered == after_all == RecordedStep(first.receipt, repeated=True)
    assert (await steps(world, envelope)).count(Step.PROCESSING) == 1


async def test_of_many_who_take_it_up_again_at_a_time_one_is_recorded(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, PROCESSING)
    await offered_after_a_failure(world, envelope)

    said = [signed(world, envelope, PROCESSING) for _ in range(5)]
    recorded = await asyncio.gather(*(say(world, envelope, one) for one in said))

    assert [one.repeated for one in recorded].count(False) == 1
    assert len({one.receipt.key for one in recorded}) == 1
    assert (await steps(world, envelope)).count(Step.PROCESSING) == 2


async def test_what_is_taken_cannot_be_taken_up_again(world: World) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, PROCESSING)
    await say(world, envelope, DONE)
    world.clock.move(seconds=1)

    with pytest.raises(CodedError) as refused:
        await say(world, envelope, PROCESSING)

    assert refused.value.code is ErrorCode.STEP_NOT_ALLOWED


async def test_document_in_work_past_its_time_can_still_be_taken(world: World) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, PROCESSING)
    world.clock.move(seconds=world.services.limits.processing_seconds)
    await keep(world)

    await say(world, envelope, DONE)

    assert (await delivery(world, envelope)).state is DeliveryState.ACKNOWLEDGED
    assert await steps(world, envelope) == [
        Step.DELIVERED,
        Step.PROCESSING,
        Step.TAKEN,
        Step.ARRIVED,
    ]


async def test_failure_is_offered_again_by_its_schedule(world: World) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, FAIL)
    world.clock.move(seconds=15)
    await keep(world)
    early = (await delivery(world, envelope)).state

    world.clock.move(seconds=6)
    await keep(world)

    assert early is DeliveryState.FAILED
    assert (await delivery(world, envelope)).state is DeliveryState.AVAILABLE
    assert (await steps(world, envelope))[-2:] == [Step.FAILED, Step.OFFERED_AGAIN]
    assert await lease(world) == [envelope.envelope_id]


async def test_failure_said_twice_counts_once_and_a_new_one_counts(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    said = signed(world, envelope, FAIL)

    first = await say(world, envelope, said)
    while_failed = await say(world, envelope, FAIL)
    world.clock.move(seconds=21)
    await keep(world)
    late = await say(world, envelope, said)
    second = await say(world, envelope, FAIL)

    assert (first.repeated, second.repeated) == (False, False)
    assert while_failed == late == RecordedStep(first.receipt, repeated=True)
    assert (await delivery(world, envelope)).retry.failures == 2


async def fail_until_given_up(world: World, envelope: Envelope) -> int:
    began, failures = world.clock.now, 0
    while (await delivery(world, envelope)).state is not DeliveryState.DEAD_LETTER:
        await say(world, envelope, FAIL)
        failures += 1
        # Certificates of the world live for days, its revocation lists do not.
        world.clock.move(hours=26)
        world.trust.refresh()
        await keep(world)
    assert world.clock.now - began >= PERSISTENCE
    return failures


async def test_dead_letter_keeps_every_failure_and_hears_a_late_receipt(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope

    failures = await fail_until_given_up(world, envelope)
    await keep(world)
    given_up = await steps(world, envelope)
    late = await say(world, envelope, DONE)

    assert failures == 5
    assert given_up.count(Step.FAILED) == failures
    assert given_up.count(Step.DEAD_LETTERED) == 1
    assert late.receipt.step is Step.TAKEN
    assert (await delivery(world, envelope)).state is DeliveryState.ACKNOWLEDGED


async def test_operator_offers_a_dead_letter_again_with_a_new_schedule(
    world: World,
) -> None:
    envelope = (await world.sent()).envelope
    failures = await fail_until_given_up(world, envelope)

    [receipt] = await resend(world.services, wanted(envelope.envelope_id))

    offered = await delivery(world, envelope)
    assert receipt.step is Step.OFFERED_AGAIN
    assert offered.state is DeliveryState.AVAILABLE
    assert (offered.retry.failures, offered.retry.first_at) == (failures, None)
    await say(world, envelope, FAIL)
    await keep(world)
    assert (await delivery(world, envelope)).state is DeliveryState.FAILED


async def test_what_is_taken_is_not_offered_again(world: World) -> None:
    envelope = (await world.sent()).envelope
    await say(world, envelope, DONE)

    with pytest.raises(ExchangeError) as refused:
        await resend(world.services, wanted(envelope.envelope_id))

    assert refused.value.code is ErrorCode.STEP_NOT_ALLOWED


@pytest.mark.parametrize(
    ("lets_through", "state", "step"),
    [
        (True, DeliveryState.AVAILABLE, Step.RELEASED),
        (False, DeliveryState.QUARANTINED, Step.QUARANTINED),
    ],
    ids=["released", "quarantined"],
)
async def test_held_delivery_is_decided_on_record(
    world: World, lets_through: bool, state: DeliveryState, step: Step
) -> None:
    envelope = await held(world)

    [receipt] = await release(
        world.services, wanted(envelope.envelope_id), lets_through=lets_through
    )
    await world.deliver()

    storage = world.services.storage
    [newest, *_] = await storage.audit.lines(limit=1)
    entries = await storage.log.entries_of(envelope.envelope_id)
    assert (await delivery(world, envelope)).state is state
    assert (receipt.step, receipt.recipient) == (step, PROVINCE)
    assert newest.actor == "cli:op"
    assert entries[-1].entry.entry_id == receipt.entry_id
    assert bool(await lease(world)) is lets_through


async def test_operator_names_a_recipient_by_either_form_of_its_code(
    world: World,
) -> None:
    letter = prepare_document(
        edxml_document(
            attachment(small_pdf()),
            sender=Organisation(organ_id=PROVINCE),
            recipients=(Organisation(organ_id=COMMUNE),),
        ),
        (attachment(small_pdf()),),
        credential=world.province,
        at=world.clock.now,
    )
    envelope = (await world.send(letter, system_id="qlvb-h99")).envelope
    await world.with_pdfs(CrashingPdfs()).deliver()
    command = TendDelivery(
        caller=replace(await world.caller("qlvb-g22"), role=AccessRole.OPERATOR),
        envelope_id=envelope.envelope_id,
        agency=COMMUNE_2016,
    )

    [receipt] = await release_delivery(world.services, command)

    assert (receipt.step, receipt.recipient) == (Step.RELEASED, COMMUNE)


async def test_operator_quarantines_what_is_held_for_everybody(world: World) -> None:
    envelope = await held(world)
    operator = replace(await world.caller("qlvb-g22"), role=AccessRole.OPERATOR)
    command = TendDelivery(
        caller=operator,
        envelope_id=envelope.envelope_id,
        agency=None,
        lets_through=False,
    )

    receipts = await release_delivery(world.services, command)

    deliveries = await world.services.storage.envelopes.deliveries(envelope.envelope_id)
    assert {one.recipient for one in receipts} == set(envelope.recipients)
    assert {one.state for one in deliveries} == {DeliveryState.QUARANTINED}


async def test_held_delivery_is_decided_once(world: World) -> None:
    envelope = await held(world)
    await release(world.services, wanted(envelope.envelope_id))

    with pytest.raises(CodedError) as refused:
        await release(world.services, wanted(envelope.envelope_id), lets_through=False)

    assert refused.value.code is ErrorCode.STEP_NOT_ALLOWED


async def test_what_is_in_work_hides_nothing_that_is_stuck(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.usecases.find_stuck._MOST", 1)
    await say(world, (await world.sent()).envelope, PROCESSING)
    waiting = (await world.send(world.document(subject="Đứng yên"))).envelope
    world.clock.move(seconds=901)

    (found,) = await find_stuck(world.services, seconds=900)
    shown = await deliveries_in(world.services, Watchlist.STUCK, stuck_seconds=900)

    assert found.envelope.envelope_id == waiting.envelope_id
    assert {one.envelope.envelope_id for one in shown.items} == {waiting.envelope_id}


async def test_only_what_has_not_moved_for_long_is_stuck(world: World) -> None:
    taken = (await world.sent()).envelope
    await say(world, taken, PROCESSING)
    waiting = (await world.send(world.document(subject="Đang làm"))).envelope

    world.clock.move(seconds=600)
    fresh = await find_stuck(world.services, seconds=900)
    world.clock.move(seconds=301)
    await world.send(world.document(subject="Vừa gửi"))
    found = await find_stuck(world.services, seconds=900)
    world.clock.move(seconds=world.services.limits.processing_seconds)
    late = await find_stuck(world.services, seconds=900)
    since_ever = await find_stuck(world.services, seconds=10**20)

    assert list(fresh) == []
    assert stuck_at_province(found) == {(waiting.envelope_id, DeliveryState.ACCEPTED)}
    assert (taken.envelope_id, DeliveryState.LEASED) in stuck_at_province(late)
    assert list(since_ever) == []


def stuck_at_province(found: Iterable[InboxItem]) -> set[tuple[str, DeliveryState]]:
    return {
        (one.envelope.envelope_id, one.delivery.state)
        for one in found
        if one.delivery.recipient == PROVINCE
    }


async def test_release_reads_no_steps_of_other_recipients(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await held(world)

    async def of_all(_: EnvelopeId) -> list[StoredReceipt]:
        raise AssertionError(letter.envelope_id)

    monkeypatch.setattr(world.services.storage.envelopes, "receipts", of_all)
    wanted = Tending(
        envelope_id=letter.envelope_id, recipients=frozenset(), actor="operator"
    )

    released = await release(world.services, wanted)

    assert {one.step for one in released} == {Step.RELEASED}


async def test_looking_at_the_steps_of_an_envelope_lets_others_go_on(
    world: World,
) -> None:
    letter, turns = await dead_letter(world), 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    shown = await attempts_of(world.services, letter.envelope_id)
    beside.cancel()

    assert turns >= len(shown.steps) - 1 > 1
