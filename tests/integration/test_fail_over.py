"""The primary is killed while envelopes come in: each is there once, or was refused."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from exchange.domain.records import Accepted
from exchange.errors import StateConflictError, StorageUnavailableError
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from tests.support.stored import PROVINCE, acceptance, envelope_id, step
from tests.support.three_nodes import three_nodes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

ENVELOPES = 20
KILLED_AFTER = 6


async def take_in(storage: MongoStorage, number: int) -> None:
    """Accept and deliver, again until it is known to have happened."""
    await _until_known(partial(storage.envelopes.accept, acceptance(number)))
    # That the step is stored already is an answer too: the one before got lost.
    with suppress(StateConflictError):
        await _until_known(partial(storage.envelopes.record_step, step(number)))


async def _until_known(act: Callable[[], Awaitable[object]]) -> None:
    while True:
        with suppress(StorageUnavailableError):
            await act()
            return


async def test_every_envelope_is_there_once_after_the_primary_was_killed(
    tmp_path: Path,
) -> None:
    async with three_nodes(tmp_path) as nodes:
        storages = [await open_mongo_storage(nodes.uri) for _ in range(2)]
        primary = await nodes.primary()
        cursors: list[int] = []

        async def follow() -> None:
            while len(cursors) < ENVELOPES:
                await storages[0].log.sequence(limit=100)
                after = cursors[-1] if cursors else -1
                page = await storages[1].envelopes.inbox(
                    [PROVINCE], after=after, limit=100
                )
                cursors.extend(one.delivery.log_index or 0 for one in page)

        async def send(parity: int) -> None:
            for number in range(1 + parity, ENVELOPES + 1, 2):
                await take_in(storages[parity], number)
                if number == KILLED_AFTER:
                    await nodes.kill(primary)

        async with asyncio.timeout(100):
            await asyncio.gather(send(0), send(1), follow())
        again = [
            await storages[0].envelopes.accept(acceptance(number))
            for number in range(1, ENVELOPES + 1)
        ]
        found = await storages[0].envelopes.inbox([PROVINCE], after=-1, limit=1000)
        for one in storages:
            await one.close()

    assert nodes.members[primary].exit_status == -9
    assert {type(one) for one in again} == {Accepted}
    assert cursors == sorted(set(cursors))
    assert sorted(one.envelope.envelope_id for one in found) == [
        envelope_id(number) for number in range(1, ENVELOPES + 1)
    ]
