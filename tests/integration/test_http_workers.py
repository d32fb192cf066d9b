"""Several processes take requests: nothing is missed, lost or doubled between them."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from time import perf_counter

import aiohttp
import pytest
import pytest_asyncio

from clients.answers import InboxItem
from clients.errors import UnreachableError
from clients.messages import Message
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE, Office
from tests.support.cli import lienthong
from tests.support.copies import launch_copy
from tests.support.holdings import read_head, settled
from tests.support.peers import THROUGH_CRASHES, Peer, Posted, connect, post
from tests.support.processes import connections_of
from tests.support.station import Station, run_station

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

_WORKERS = 2
_PEERS = 12
"""So many that both workers have some: all at one worker is one case in 2,048."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Station]:
    folder = tmp_path_factory.mktemp("workers")
    async with run_station(folder, workers=_WORKERS, launch=launch_copy) as station:
        yield station


@pytest_asyncio.fixture(loop_scope="module")
async def station(shared: Station) -> Station:
    if shared.running is None:
        await shared.start()
    return shared


async def connected(
    station: Station, opened: AsyncExitStack, office: Office, number: int = _PEERS
) -> list[Peer]:
    """Connect many times, so that every worker has some of the connections."""
    peers = [
        await opened.enter_async_context(connect(station, office))
        for _ in range(number)
    ]
    await asyncio.gather(*(one.client.inbox(office.code, limit=1) for one in peers))
    shares = [connections_of(one, station.port) for one in station.processes]
    assert shares[0] == 0, "the service process takes no requests itself"
    assert all(shares[1:]), shares
    return peers


async def ready(station: Station) -> dict[str, object]:
    address = f"http://127.0.0.1:{station.service.admin_port}/health/ready"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        found: dict[str, object] = json.loads(await answer.read())
        return found


async def end_of_inbox(peer: Peer) -> int:
    items = await peer.pages(count=0)
    return items[-1].cursor if items else -1


async def follow(peer: Peer, after: int, count: int) -> list[InboxItem]:
    items: list[InboxItem] = []
    while len(items) < count:
        page = await peer.client.inbox(peer.office.code, after=after, wait=20)
        items.extend(page.items)
        after = page.cursor
    return items


async def test_pollers_of_every_worker_see_every_message_once(station: Station) -> None:
    names = [f"nhiều-tiến-trình-{number}" for number in range(40)]
    async with AsyncExitStack() as opened:
        pollers = await connected(station, opened, PROVINCE)
        senders = await connected(station, opened, COMMUNE)
        after = await end_of_inbox(pollers[0])
        following = [
            asyncio.create_task(follow(one, after, len(names))) for one in pollers
        ]
        await asyncio.gather(
            *(
                senders[number % len(senders)].client.send(senders[0].letter(name))
                for number, name in enumerate(names)
            )
        )
        seen = await asyncio.gather(*following)
    for items in seen:
        cursors = [one.cursor for one in items]
        assert cursors == sorted(set(cursors))
        assert sorted(one.subject for one in items) == sorted(names)


async def test_waiting_pollers_of_every_worker_wake_long_before_their_time_is_up(
    station: Station,
) -> None:
    async with AsyncExitStack() as opened:
        pollers = await connected(station, opened, MINISTRY)
        (sender,) = await connected_once(station, opened)
        after = await end_of_inbox(pollers[0])
        waiting = [asyncio.create_task(follow(one, after, 1)) for one in pollers]
        await asyncio.sleep(0.5)
        message = sender.letter("đánh-thức")
        began = perf_counter()
        await sender.client.send(message)
        await asyncio.gather(*waiting)
    assert perf_counter() - began < 10


async def test_streams_of_every_worker_bring_every_message_once(
    station: Station,
) -> None:
    names = [f"luồng-{number}" for number in range(10)]
    async with AsyncExitStack() as opened:
        pollers = await connected(station, opened, PROVINCE)
        (sender,) = await connected_once(station, opened)
        after = await end_of_inbox(pollers[0])
        following = [
            asyncio.create_task(streamed(one, after, len(names))) for one in pollers
        ]
        for name in names:
            await sender.client.send(sender.letter(name))
        seen = await asyncio.gather(*following)
    for items in seen:
        assert [one.subject for one in items] == names
    assert len({tuple(one.cursor for one in items) for items in seen}) == 1


async def streamed(peer: Peer, after: int, count: int) -> list[InboxItem]:
    items: list[InboxItem] = []
    async with asyncio.timeout(60):
        async for item in peer.client.follow(peer.office.code, after=after):
            items.append(item)
            if len(items) == count:
                break
    return items


async def connected_once(station: Station, opened: AsyncExitStack) -> list[Peer]:
    return [await opened.enter_async_context(connect(station, COMMUNE))]


async def test_one_message_handed_to_all_workers_at_once_has_one_receipt(
    station: Station,
) -> None:
    async with AsyncExitStack() as opened:
        sessions = [
            await opened.enter_async_context(station.session(COMMUNE))
            for _ in range(_PEERS)
        ]
        await asyncio.gather(*(one.get("/v1/agencies") for one in sessions))
        shares = [connections_of(one, station.port) for one in station.processes]
        assert all(shares[1:]), shares
        for name in ("trùng-1", "trùng-2", "trùng-3"):
            (sender,) = await connected_once(station, opened)
            message = sender.letter(name)
            answers = await asyncio.gather(*(post(one, message) for one in sessions))
            assert sorted(one.status for one in answers) == [*[200] * 11, 201]
            assert len({one.body for one in answers}) == 1
    held = await settled(station)
    documents = [one["document_id"] for one in held.documents]
    assert len(documents) == len(set(documents))


async def test_killed_worker_is_replaced_and_loses_and_doubles_nothing(
    station: Station,
) -> None:
    names = [f"giết-tiến-trình-{number}" for number in range(120)]
    before = station.processes[1:]
    async with AsyncExitStack() as opened:
        senders = [
            await opened.enter_async_context(
                connect(station, COMMUNE, retry=THROUGH_CRASHES)
            )
            for _ in range(_PEERS)
        ]
        sending = [
            asyncio.create_task(send_all(one, names[number::_PEERS]))
            for number, one in enumerate(senders)
        ]
        await asyncio.sleep(0.3)
        os.kill(before[0], signal.SIGKILL)
        receipts = [one for some in await asyncio.gather(*sending) for one in some]
    await until_ready(station)
    after = station.processes[1:]
    assert before[0] not in after
    assert before[1] in after
    assert len(after) == _WORKERS
    assert len(set(receipts)) == len(names)
    held = await settled(station)
    async with station.session(COMMUNE) as session, session.get("/v1/log/head") as head:
        assert held.faults(read_head(await head.read())) == []
    stored = {bytes(one["receipt"]) for one in held.documents}
    assert set(receipts) <= stored
    async with connect(station, PROVINCE) as province:
        items = await province.pages(count=len(names))
    subjects = [one.subject for one in items if one.subject in set(names)]
    assert sorted(subjects) == sorted(names)


async def send_all(peer: Peer, names: Sequence[str]) -> list[bytes]:
    return [(await peer.client.send(peer.letter(name))).receipt for name in names]


async def until_ready(station: Station) -> None:
    async with asyncio.timeout(30):
        while (await ready(station))["status"] != "ready":  # noqa: ASYNC110 - another process changes
            await asyncio.sleep(0.05)


async def test_stop_drains_every_worker(station: Station) -> None:
    process, workers = station.service.process, station.processes[1:]
    async with AsyncExitStack() as opened:
        # Nobody writes to the commune, so its pollers wait until the end.
        pollers = await connected(station, opened, COMMUNE)
        session = await opened.enter_async_context(station.session(COMMUNE))
        (sender,) = await connected_once(station, opened)
        messages = [sender.letter(f"lúc-dừng-{number}") for number in range(40)]
        after = await end_of_inbox(pollers[0])
        waiting = [
            asyncio.create_task(one.client.inbox(COMMUNE.code, after=after, wait=60))
            for one in pollers
        ]
        posting = [asyncio.create_task(posted(session, one)) for one in messages]
        await asyncio.sleep(0.2)
        began = perf_counter()
        await station.stop()
        took = perf_counter() - began
        pages = await asyncio.gather(*waiting)
        answers = await asyncio.gather(*posting)
    assert took < 30
    assert process.returncode == 0
    assert not any(map(is_alive, workers))
    assert all(one.items == () for one in pages)
    await station.start()
    async with station.session(COMMUNE) as session:
        again = [await post(session, one) for one in messages]
    told = [
        (first.body, second.body)
        for first, second in zip(answers, again, strict=True)
        if first is not None and first.status == 201
    ]
    assert all(first == second for first, second in told)
    assert {one.status for one in again} <= {200, 201}


async def posted(session: aiohttp.ClientSession, message: Message) -> Posted | None:
    """Post, unless the service has stopped listening before."""
    with suppress(aiohttp.ClientError):
        return await post(session, message)
    return None


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_workers_end_with_a_killed_service_and_a_new_one_takes_the_port(
    station: Station,
) -> None:
    workers = station.processes[1:]
    async with connect(station, COMMUNE) as sender:
        message = sender.letter("mất-tiến-trình-chính")
        first = await sender.client.send(message)
    await station.kill()
    await station.start()
    async with connect(station, COMMUNE) as sender:
        again = await sender.client.send(message)
    assert again.receipt == first.receipt
    async with asyncio.timeout(15):
        while any(map(is_alive, workers)):  # noqa: ASYNC110 - other processes end
            await asyncio.sleep(0.05)


async def test_counters_of_all_workers_are_on_one_page(station: Station) -> None:
    async with AsyncExitStack() as opened:
        await connected(station, opened, PROVINCE)
    address = f"http://127.0.0.1:{station.service.admin_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        page = (await answer.read()).decode()
    counted = [
        line
        for line in page.splitlines()
        if line.startswith('lienthong_requests_total{operation="readInbox"')
    ]
    assert {f'worker="{number}"' in page for number in (1, 2)} == {True}
    assert sum(float(line.rpartition(" ")[2]) for line in counted) >= _PEERS
    state = json.loads((station.site.folder / "run" / "service.json").read_bytes())
    assert state["http_workers"] == _WORKERS


async def maintenance(station: Station, *words: str) -> None:
    """Switch it from another process, as an operator does."""
    said = await asyncio.to_thread(
        lienthong, "maintenance", *words, "--json", "--var", station.site.folder
    )
    assert said.code == 0, said.err


async def taken_in(peers: Sequence[Peer], name: str) -> list[bool]:
    """Whether each connection's document is taken in; what is not may be sent again."""

    async def is_taken(number: int, peer: Peer) -> bool:
        with suppress(UnreachableError):
            await peer.client.send(peer.letter(f"{name}-{number}"))
            return True
        return False

    return await asyncio.gather(*(is_taken(*one) for one in enumerate(peers)))


async def test_maintenance_reaches_every_worker_and_ends_for_all(
    station: Station,
) -> None:
    async with AsyncExitStack() as opened:
        peers = await connected(station, opened, COMMUNE)
        await maintenance(station, "on", "--reason", "thử")
        try:
            async with asyncio.timeout(10):
                while any(await taken_in(peers, "bảo-trì")):  # noqa: ASYNC110 - others follow
                    await asyncio.sleep(0.1)
            # Reading goes on at each of them.
            await asyncio.gather(*(one.client.inbox(COMMUNE.code) for one in peers))
            # The process that tells it looks by itself, once a second.
            async with asyncio.timeout(10):
                while (await ready(station)).get("parts") != ["maintenance"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        finally:
            await maintenance(station, "off")
            async with asyncio.timeout(10):
                while not all(await taken_in(peers, "sau-bảo-trì")):  # noqa: ASYNC110 - others follow
                    await asyncio.sleep(0.1)


async def test_purge_beside_a_service_leaves_what_somebody_waits_for(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as opened:
        (sender,) = await connected_once(station, opened)
        sent = await sender.client.send(sender.letter("chưa-ai-nhận"))
    monkeypatch.setenv("LIENTHONG__RETENTION__YEARS", "0.000000001")
    said = await asyncio.to_thread(
        lienthong,
        *("purge", "--dry-run", "--json", "--var", station.site.folder),
        *("--config", station.site.config),
    )
    assert said.code == 0, said.err
    assert said.json["dry_run"] is True
    assert sent.envelope_id not in said.json["envelopes"]
