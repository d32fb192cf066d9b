"""A status and the recall of its document, at the same time."""

import random
from dataclasses import replace

import pytest

from exchange.errors import ExchangeError
from exchange.storage.memory import MemoryStorage
from schemas.vocabulary import DeliveryState, StatusCode, Step
from tests.support.conversations import delivery, recall, report, sent_to
from tests.support.interleaving import Snapshot, Turns, in_turns
from tests.support.world import PROVINCE, make_world

_ROUNDS = 40


@pytest.mark.parametrize("code", [StatusCode.REGISTERED, StatusCode.REFUSED])
async def test_what_was_recalled_unopened_has_no_status_after_it(
    code: StatusCode,
) -> None:
    storage, chance = MemoryStorage(), random.Random(1)
    world = await make_world(storage=storage)
    envelope = await sent_to(world, PROVINCE)
    sent, recalled = Snapshot(storage), 0

    async def tried(turns: Turns) -> None:
        slow = replace(world.services, storage=in_turns(storage, turns))
        hub = replace(world, services=slow)

        async def reported() -> None:
            try:
                await report(hub, envelope, code, PROVINCE)
            except ExchangeError:
                return

        async def asked() -> None:
            try:
                await recall(hub, envelope)
            except ExchangeError:
                return

        await turns.run(reported(), asked())

    for _ in range(_ROUNDS):
        sent.restore()
        await tried(Turns(chance))
        found = await delivery(world, envelope)
        receipts = await storage.envelopes.receipts(envelope.envelope_id)
        steps = {one.step for one in receipts}
        if found.state is DeliveryState.RECALLED:
            recalled += 1
            assert found.status is None
            assert not steps & {Step.REGISTERED, Step.REFUSED}
    assert 0 < recalled < _ROUNDS
