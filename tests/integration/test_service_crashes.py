"""The service process and its mongod are killed; what was acknowledged is kept."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
import pytest_asyncio

from clients.answers import InboxItem
from clients.messages import Message
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE
from schemas.receipt import AcceptanceReceipt, read_receipt
from schemas.vocabulary import DeliveryState, Step
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.copies import launch_copy
from tests.support.holdings import read_head, settled
from tests.support.peers import THROUGH_CRASHES, Posted, connect, post
from tests.support.signed_pdf import LETTER
from tests.support.station import Station, run_station
from tests.support.world import attachment, note

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Station]:
    """One site for the module: every test leaves its service running."""
    folder = tmp_path_factory.mktemp("crashes")
    async with run_station(folder, launch=launch_copy) as station:
        yield station


@pytest_asyncio.fixture(loop_scope="module")
async def station(shared: Station) -> Station:
    if shared.running is None:
        await shared.start()
    return shared


def receipt_of(content: bytes) -> AcceptanceReceipt:
    """The signed content of an acceptance receipt."""
    found = read_receipt(verify_receipt(parse(content)).content)
    assert isinstance(found, AcceptanceReceipt)
    return found


async def posted(station: Station, message: Message) -> Posted:
    async with station.session(COMMUNE) as session:
        return await post(session, message)


async def letters(station: Station, *names: str) -> list[Message]:
    async with connect(station, COMMUNE) as commune:
        return [commune.letter(name) for name in names]


async def arrived(station: Station, names: Sequence[str]) -> list[InboxItem]:
    """What the province finds of these letters once nothing waits any more."""
    await settled(station)
    async with connect(station, PROVINCE) as province:
        items = await province.pages(count=1)
    return [one for one in items if one.subject in names]


async def test_killed_service_repeats_the_receipt_and_refuses_other_bytes(
    station: Station,
) -> None:
    (message,) = await letters(station, "giết-dịch-vụ")
    first = await posted(station, message)
    mongod = station.mongod
    await station.kill()
    await station.start()
    again = await posted(station, message)
    (other,) = await letters(station, "bytes-khác")
    conflict = await posted(station, replace(other, message_id=message.message_id))
    assert (first.status, again.status, conflict.status) == (201, 200, 409)
    assert again.body == first.body
    assert b"message_id_conflict" in conflict.body
    assert mongod is not None
    assert station.mongod is not None
    assert station.mongod.pid == mongod.pid


async def test_killed_database_loses_nothing_and_the_service_lives_on(
    station: Station,
) -> None:
    names = [f"mất-csdl-{number}" for number in range(60)]
    messages = await letters(station, *names)
    service = station.service.process
    async with station.session(COMMUNE) as session:
        sending = asyncio.create_task(_all_posted(session, messages))
        await asyncio.sleep(0.1)
        await station.end_mongod()
        answers = await sending
        again = [await post(session, one) for one in messages]
    assert service.returncode is None
    assert station.service.process is service
    flat = [one for attempts in answers for one in attempts]
    assert {one.status for one in flat} <= {200, 201, 503}
    for one in flat:
        is_refused = one.status == 503
        assert one.content_type == f"application/{'problem+json' * is_refused or 'xml'}"
    assert [one.body for one in again] == [attempts[-1].body for attempts in answers]
    found = await arrived(station, names)
    assert sorted(one.subject for one in found) == sorted(names)


async def _all_posted(
    session: aiohttp.ClientSession, messages: Sequence[Message]
) -> list[list[Posted]]:
    """Hand every message in, again until it is accepted; a few at a time."""
    gate = asyncio.Semaphore(4)

    async def until_accepted(message: Message) -> list[Posted]:
        async with gate:
            answers = [await post(session, message)]
            while answers[-1].status == 503:
                await asyncio.sleep(0.1)
                answers.append(await post(session, message))
            return answers

    return list(await asyncio.gather(*map(until_accepted, messages)))


@dataclass(slots=True)
class _KillsHalfway:
    """Remembers an upload; the service is killed when the hub has a part of it."""

    path: str = ""
    seen: list[int] = field(default_factory=list)
    has_part: asyncio.Event = field(default_factory=asyncio.Event)

    def remember(self, path: str) -> None:
        self.path = path

    def stored(self, size: int, total: int) -> None:
        self.seen.append(size)
        if 0 < size < total:
            self.has_part.set()


async def test_upload_goes_on_where_it_was_when_service_and_database_are_killed(
    station: Station,
) -> None:
    memory = _KillsHalfway()

    async def crash() -> None:
        await memory.has_part.wait()
        await asyncio.gather(station.kill(), station.end_mongod())
        await station.start()

    async with connect(station, COMMUNE, retry=THROUGH_CRASHES) as commune:
        message = commune.letter("tải-lên", note(os.urandom(10_000_000)))
        crashing = asyncio.create_task(crash())
        sent = await commune.client.send_in_parts(message, memory)
        again = await commune.client.send(message)
        await crashing
    (found,) = await arrived(station, ["tải-lên"])
    async with connect(station, PROVINCE) as province:
        fetched = await province.client.fetch(found.envelope_id)
    assert memory.seen == sorted(memory.seen)
    assert memory.seen.count(0) == 1
    assert again.receipt == sent.receipt
    assert fetched.body == message.body


async def test_killed_service_and_database_come_back_with_every_receipt(
    station: Station,
) -> None:
    names = [f"mất-cả-hai-{number}" for number in range(12)]
    messages = await letters(station, *names)
    async with station.session(COMMUNE) as session:
        firsts = await asyncio.gather(*(post(session, one) for one in messages))
    await asyncio.gather(station.kill(), station.end_mongod())
    await station.start()
    async with station.session(COMMUNE) as session:
        again = [await post(session, one) for one in messages]
    assert {one.status for one in firsts} == {201}
    assert [one.body for one in again] == [one.body for one in firsts]
    found = await arrived(station, names)
    assert sorted(one.subject for one in found) == sorted(names)


async def test_stopped_service_ends_its_database_and_goes_on_where_it_was(
    station: Station,
) -> None:
    (message,) = await letters(station, "dừng-bình-thường")
    first = await posted(station, message)
    process = station.service.process
    await station.service.stop()
    assert process.returncode == 0
    assert station.mongod is None
    await station.start()
    again = await posted(station, message)
    assert (again.status, again.body) == (200, first.body)


async def test_inbox_cursor_goes_on_after_a_restart_without_gap_or_repeat(
    station: Station,
) -> None:
    names = [f"con-trỏ-{number}" for number in range(20)]
    messages = await letters(station, *names)
    await settled(station)
    async with connect(station, MINISTRY, retry=THROUGH_CRASHES) as ministry:
        start = await ministry.pages(count=0)
        after = start[-1].cursor if start else -1
        async with connect(station, COMMUNE) as commune:
            for message in messages[:10]:
                await commune.client.send(message)
        before = await ministry.pages(after=after, count=5)
        await station.kill()
        await station.start()
        async with connect(station, COMMUNE) as commune:
            for message in messages[10:]:
                await commune.client.send(message)
        later = await ministry.pages(
            after=before[-1].cursor, count=len(names) - len(before)
        )
    cursors = [one.cursor for one in (*before, *later)]
    assert cursors == sorted(set(cursors))
    assert sorted(one.subject for one in (*before, *later)) == sorted(names)


async def test_accepted_but_unchecked_at_the_kill_is_delivered_once_afterwards(
    station: Station,
) -> None:
    names = [f"chưa-kiểm-tra-{number}" for number in range(8)]
    pdf = attachment(LETTER.read_bytes())
    async with connect(station, COMMUNE) as commune:
        messages = [commune.letter(name, pdf) for name in names]
    async with station.session(COMMUNE) as session:
        answers = await asyncio.gather(*(post(session, one) for one in messages))
        await station.kill()
    identifiers = [receipt_of(one.body).envelope_id for one in answers]
    async with station.storage() as storage:
        waiting = await storage.envelopes.to_check(limit=100)
        states = {one: await storage.envelopes.deliveries(one) for one in identifiers}
    assert {one.envelope_id for one in waiting} & set(identifiers)
    await station.start()
    found = await arrived(station, names)
    assert sorted(one.envelope_id for one in found) == sorted(identifiers)
    async with station.storage() as storage:
        for one in identifiers:
            steps = [step.step for step in await storage.envelopes.receipts(one)]
            assert steps == [Step.DELIVERED]
    accepted = {one.state for deliveries in states.values() for one in deliveries}
    assert DeliveryState.ACCEPTED in accepted


async def test_what_is_left_after_all_kills_fits_together(station: Station) -> None:
    (message,) = await letters(station, "cuối-cùng")
    await posted(station, message)
    held = await settled(station)
    async with station.session(COMMUNE) as session, session.get("/v1/log/head") as head:
        assert held.faults(read_head(await head.read())) == []
