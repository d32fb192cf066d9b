"""Recalls beside taking, reading and answering on a real database: all or nothing."""

import asyncio

import pytest

from exchange.domain.records import Envelope
from exchange.domain.retention import RetentionPolicy
from exchange.storage.mongo.store import MongoStorage
from exchange.usecases.purge_bodies import Purging, purge_bodies
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import DeliveryState, StatusCode, Step
from tests.support.conversations import (
    delivery,
    hand_in,
    read,
    recall,
    recall_by_document,
    receipts,
    report,
    status_message,
    step_of,
    take,
    two_sendings,
    update,
)
from tests.support.world import FAR_COMMUNE, MINISTRY, PROVINCE, World, make_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(emptied_storage: MongoStorage) -> World:
    return await make_world(storage=emptied_storage)


async def purge_all(world: World) -> list[EnvelopeId]:
    purging = Purging(policy=RetentionPolicy(years=0.001))
    return [one.envelope_id async for one in purge_bodies(world.services, purging)]


async def whole(world: World, letter: Envelope) -> list[Step]:
    """Steps of a letter; each has its one log entry."""
    await world.deliver()
    stored = await receipts(world, letter)
    log = world.services.storage.log
    own = [one.entry.entry_id for one in await log.entries_of(letter.envelope_id)]
    steps = [one.entry_id for one in stored if not one.status_envelope]
    assert sorted(own[1:]) == sorted(steps)
    for one in stored:
        if one.status_envelope:
            told = await log.entries_of(one.status_envelope)
            assert one.entry_id in {entry.entry.entry_id for entry in told}
    return [one.step for one in stored]


async def test_taking_reading_and_recall_at_once_fit_together(world: World) -> None:
    for _ in range(3):
        world.clock.move(minutes=1)
        letter = (await world.sent()).envelope
        taken, opened, asked = await asyncio.gather(
            take(world, letter),
            read(world, letter),
            recall(world, letter),
            return_exceptions=True,
        )
        assert not isinstance(asked, BaseException)
        found = await delivery(world, letter)
        assert found.recall is not None
        had_it = not (isinstance(taken, CodedError) and isinstance(opened, CodedError))
        assert (found.state is not DeliveryState.RECALLED) is had_it
        with pytest.raises(CodedError) as caught:
            await read(world, letter)
        assert caught.value.code is ErrorCode.DOCUMENT_RECALLED
        steps = await whole(world, letter)
        assert steps.count(Step.RECALL_REQUESTED) == 1
        assert steps.count(Step.RECALLED) == (1 if had_it else 2)


async def test_same_recall_five_times_at_once_is_one(world: World) -> None:
    letter = (await world.sent()).envelope
    await take(world, letter)
    answers = await asyncio.gather(*(recall(world, letter) for _ in range(5)))
    assert len({one.content for one in answers}) == 1
    steps = await whole(world, letter)
    assert steps.count(Step.RECALL_REQUESTED) == 1


async def test_of_both_answers_at_once_one_counts(world: World) -> None:
    letter = (await world.sent()).envelope
    await take(world, letter)
    await recall(world, letter)
    outcomes = await asyncio.gather(
        *(
            report(world, letter, one)
            for one in (StatusCode.AGREED, StatusCode.DECLINED)
        ),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, CodedError)]
    assert [one.code for one in refused] == [ErrorCode.STATUS_NOT_ALLOWED]
    steps = await whole(world, letter)
    assert len({Step.AGREED, Step.DECLINED} & set(steps)) == 1


async def test_recall_by_document_of_two_sendings_is_one_transaction(
    world: World,
) -> None:
    first = (await world.sent()).envelope
    world.clock.move(minutes=1)
    second = (await world.sent()).envelope
    await take(world, first)
    accepted = (await recall_by_document(world)).envelope
    for letter in (first, second):
        found = await delivery(world, letter)
        gone = await delivery(world, letter, MINISTRY)
        assert found.recall == gone.recall
        assert found.recall is not None
        assert found.recall.request == accepted.envelope_id
        await whole(world, letter)
    await report(world, accepted, StatusCode.AGREED)
    assert (await delivery(world, first)).state is DeliveryState.RECALLED


async def test_of_adding_a_recipient_and_a_purge_at_once_one_happens(
    world: World,
) -> None:
    letter = (await world.sent()).envelope
    await take(world, letter)
    await take(world, letter, MINISTRY)
    world.clock.move(hours=20)
    message = update(world, (FAR_COMMUNE, 0))
    sent, purged = await asyncio.gather(
        world.send(message),
        purge_all(world),
        return_exceptions=True,
    )
    assert not isinstance(purged, BaseException)
    is_added = not isinstance(sent, BaseException)
    assert is_added or getattr(sent, "code", "") is ErrorCode.PAYLOAD_PURGED
    assert is_added is (letter.envelope_id not in purged)
    envelopes = world.services.storage.envelopes
    added = await envelopes.delivery(letter.envelope_id, FAR_COMMUNE)
    assert (added is not None) is is_added
    if is_added:
        await world.deliver()
        assert await read(world, letter, FAR_COMMUNE)


async def test_of_two_answers_at_once_each_sending_has_the_same_one(
    world: World,
) -> None:
    sendings = await two_sendings(world)
    await recall_by_document(world)
    answers = (StatusCode.AGREED, StatusCode.DECLINED)
    outcomes = await asyncio.gather(
        *(
            report(world, one, code)
            for one, code in zip(sendings, answers, strict=True)
        ),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, CodedError)]
    assert [one.code for one in refused] == [ErrorCode.STATUS_NOT_ALLOWED]
    given = [
        {Step.AGREED, Step.DECLINED} & set(await whole(world, one)) for one in sendings
    ]
    assert given[0] == given[1]
    assert len(given[0]) == 1


async def test_same_status_at_once_is_recorded_of_each_sending(world: World) -> None:
    sendings = await two_sendings(world)
    message = status_message(world, StatusCode.REGISTERED)
    both = [hand_in(world, one, message, PROVINCE) for one in sendings for _ in "12"]
    recorded = await asyncio.gather(*both)
    assert [one.repeated for one in recorded].count(False) == len(sendings)
    for one, receipt in zip(sendings, recorded[::2], strict=True):
        assert step_of(receipt.content).envelope_id == one.envelope_id
        assert (await whole(world, one)).count(Step.REGISTERED) == 1
        again = await hand_in(world, one, message, PROVINCE)
        assert (again.content, again.repeated) == (receipt.content, True)
