"""Many pollers and many senders at once: everything once, in order, unmixed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from clients.answers import InboxItem
from clients.messages import Message
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE
from tests.support.copies import launch_copy
from tests.support.holdings import settled
from tests.support.peers import Peer, Posted, connect, post
from tests.support.station import Station, run_station
from tests.support.world import note

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

_POLLERS, _SENDERS, _LETTERS = 20, 5, 12
_DISTINCT = 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def station(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Station]:
    folder = tmp_path_factory.mktemp("pollers")
    async with run_station(folder, launch=launch_copy) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Poller:
    """One that follows the inbox of its office from the beginning."""

    peer: Peer

    async def follow(self, *, count: int, page: int) -> list[InboxItem]:
        """Poll until `count` lines have come, and once more at rest."""
        items: list[InboxItem] = []
        after, wait = -1, 20
        while wait:
            wait = 20 if len(items) < count else 0
            found = await self.peer.client.inbox(
                self.peer.office.code, after=after, wait=wait, limit=page
            )
            items.extend(found.items)
            after = found.cursor
        return items


async def test_every_poller_sees_every_message_once_in_log_order(
    station: Station,
) -> None:
    count = _SENDERS * _LETTERS
    async with AsyncExitStack() as opened:
        pollers = [
            Poller(await opened.enter_async_context(connect(station, office)))
            for office in (PROVINCE, MINISTRY) * (_POLLERS // 2)
        ]
        senders = [
            await opened.enter_async_context(connect(station, COMMUNE))
            for _ in range(_SENDERS)
        ]
        polling = [
            asyncio.create_task(one.follow(count=count, page=1 + number % 7))
            for number, one in enumerate(pollers)
        ]
        names = await asyncio.gather(
            *(_send(one, f"gửi-{number}") for number, one in enumerate(senders))
        )
        seen = await asyncio.gather(*polling)
    sent = sorted(name for some in names for name in some)
    for items in seen:
        cursors = [one.cursor for one in items]
        assert cursors == sorted(set(cursors))
        assert sorted(one.subject for one in items) == sent
    lines = {tuple((one.cursor, one.envelope_id) for one in items) for items in seen}
    assert len(lines) == 1


async def _send(sender: Peer, prefix: str) -> list[str]:
    names = [f"{prefix}-{number}" for number in range(_LETTERS)]
    for name in names:
        await sender.client.send(sender.letter(name))
    return names


async def test_messages_sent_at_once_keep_their_own_bytes_and_receipts(
    station: Station,
) -> None:
    async with connect(station, COMMUNE) as commune:
        messages = [
            commune.letter(
                f"riêng-{number}",
                note(f"nội dung {number}".encode() * 400),
            )
            for number in range(_DISTINCT)
        ]
    async with station.session(COMMUNE) as session:
        answers = await _post_in_lanes(session, messages)
    held = await settled(station)
    stored = {one["message_id"]: one for one in held.documents}
    assert {one.status for one in answers} == {201}
    assert len({one.body for one in answers}) == _DISTINCT
    for message, answer in zip(messages, answers, strict=True):
        envelope = stored[message.message_id]
        assert bytes(envelope["body"]) == message.body
        assert bytes(envelope["receipt"]) == answer.body
        assert envelope["body_sha256"] == message.body_sha256


async def _post_in_lanes(
    session: aiohttp.ClientSession, messages: Sequence[Message]
) -> list[Posted]:
    """All at once, but no more than the hub takes in at a time."""
    gate = asyncio.Semaphore(60)

    async def one(message: Message) -> Posted:
        async with gate:
            return await post(session, message)

    return list(await asyncio.gather(*map(one, messages)))
