"""Streams of inbox events, leases, what is held, and the board, over mutual TLS."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from clients.agency import AgencyClient
from clients.transport import HubAddress, RetryPolicy, Transport
from exchange.settings.limits import LimitSettings
from exchange.usecases.register_system import RegisterSystem, register_system
from pki.keys.api import Credential
from tests.support.hub import HOST, Hub, running_hub, write_credential
from tests.support.judges import require
from tests.support.small_pdf import small_pdf
from tests.support.world import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    CrashingPdfs,
    attachment,
    make_world,
)

LIMITS = LimitSettings(event_streams=2)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(limits=LIMITS), tmp_path) as running:
        yield running


def events_path(agency: str = PROVINCE, *, after: int = -1) -> str:
    return f"/v1/inbox/events?agency={agency}&after={after}"


async def send(hub: Hub, *subjects: str) -> list[str]:
    """Send letters; return their ids."""
    ids = []
    for subject in subjects:
        message = hub.world.document(subject=subject)
        answer = await hub.post(message, by=hub.world.commune)
        ids.append(answer.headers["Location"].rsplit("/", 1)[-1])
    return ids


async def arrived(hub: Hub, count: int) -> None:
    """Wait until so many letters are in the inbox."""
    cursor: object = -1
    async with asyncio.timeout(20):
        while count > 0:
            path = f"agency={PROVINCE}&after={cursor}&wait=10"
            page = await hub.inbox(path, by=hub.world.province)
            count, cursor = count - len(page["items"]), page["next"]


async def data_lines(
    stream: aiohttp.StreamReader | asyncio.StreamReader, count: int
) -> list[dict[str, Any]]:
    """Read the items of so many events."""
    items: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while len(items) < count:
            line = (await stream.readline()).decode()
            if line.startswith("data: "):
                items.append(json.loads(line.removeprefix("data: ")))
    return items


async def test_curl_gets_each_item_once_as_it_comes(hub: Hub) -> None:
    credential = write_credential(hub.folder, hub.world.province)
    before = await send(hub, "trước")
    curl = await asyncio.create_subprocess_exec(
        *(require("curl"), "-N", "-s", "--cacert", str(hub.folder / "root.pem")),
        *("--cert", str(credential), f"{hub.url}{events_path()}"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert curl.stdout is not None
    try:
        first = await data_lines(curl.stdout, 1)
        later = await send(hub, "sau 1", "sau 2")
        rest = await data_lines(curl.stdout, 2)
    finally:
        curl.kill()
        await curl.wait()
    assert [one["id"] for one in (*first, *rest)] == [*before, *later]


async def test_stream_goes_on_after_the_last_event(hub: Hub) -> None:
    ids = await send(hub, "một", "hai", "ba")
    async with hub.session(hub.world.province) as session:
        async with session.get(events_path()) as stream:
            seen = await data_lines(stream.content, 3)
        headers = {"Last-Event-ID": str(seen[0]["cursor"])}
        async with session.get(events_path(after=10**9), headers=headers) as stream:
            again = await data_lines(stream.content, 2)
    assert [one["id"] for one in seen] == ids
    assert again == seen[1:]


async def test_stream_says_where_an_id_of_before_a_restore_goes_on(hub: Hub) -> None:
    await send(hub, "một")
    async with hub.session(hub.world.province) as session:
        async with session.get(events_path()) as stream:
            await data_lines(stream.content, 1)
        end = await hub.world.services.storage.log.size() - 1
        headers = {"Last-Event-ID": str(end + 1)}
        async with session.get(events_path(), headers=headers) as stream:
            said = (await stream.content.readline()).decode()
            later = await send(hub, "hai")
            items = await data_lines(stream.content, 1)
    assert said == f"id: {end}\n"
    assert [one["id"] for one in items] == later


async def test_a_system_has_so_many_streams_and_no_more(hub: Hub) -> None:
    async with AsyncExitStack() as opened:
        for _ in range(LIMITS.event_streams):
            session = await opened.enter_async_context(hub.session(hub.world.province))
            stream = await opened.enter_async_context(session.get(events_path()))
            assert stream.status == 200
        refused = await hub.call("GET", events_path(), by=hub.world.province)
        other = await opened.enter_async_context(hub.session(hub.world.ministry))
        theirs = await opened.enter_async_context(other.get(events_path(MINISTRY)))
        assert theirs.status == 200
    assert (refused.status, refused.code) == (429, "too_many_requests")


async def test_stream_of_another_agency_is_refused(hub: Hub) -> None:
    answer = await hub.call("GET", events_path(MINISTRY), by=hub.world.province)
    assert (answer.status, answer.code) == (403, "agency_not_acted_for")


@pytest.mark.parametrize("last", ["-1", "x", "1" * 40], ids=["sign", "letter", "long"])
async def test_odd_last_event_is_refused(hub: Hub, last: str) -> None:
    answer = await hub.call(
        "GET", events_path(), by=hub.world.province, headers={"Last-Event-ID": last}
    )
    assert (answer.status, answer.code) == (400, "request_invalid")


async def test_streams_end_when_the_hub_stops(tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        async with running_hub(await make_world(), tmp_path) as hub:
            session = await opened.enter_async_context(hub.session(hub.world.province))
            stream = await opened.enter_async_context(session.get(events_path()))
            reading = asyncio.create_task(stream.content.read())
            await asyncio.sleep(0.05)
        content = await asyncio.wait_for(reading, timeout=20)
    assert content.startswith(b":\n\n")


async def field_of(stream: aiohttp.ClientResponse) -> bytes:
    """The name of the next field; comments keep the line open and say nothing."""
    while True:
        name = (await stream.content.readline()).strip().partition(b":")[0]
        if name:
            return name


async def test_only_the_last_item_of_a_cursor_has_it_as_its_id(tmp_path: Path) -> None:
    world = await make_world()
    known = (await world.caller("qlvb-h99")).system
    (right,) = known.acts_for
    both = replace(known, acts_for=(right, replace(right, agency=MINISTRY)))
    order = RegisterSystem(system=both, operator="test")
    await register_system(world.services, order)
    async with (
        running_hub(world, tmp_path) as hub,
        hub.session(world.province) as session,
    ):
        await send(hub, "cho cả hai")
        async with session.get("/v1/inbox/events") as stream:
            names = [await field_of(stream) for _ in range(5)]
    assert names == [b"event", b"data", b"id", b"event", b"data"]


def client_address(hub: Hub, credential: Credential) -> HubAddress:
    path = write_credential(hub.folder, credential)
    path.chmod(0o600)
    return HubAddress(
        url=f"https://{HOST}:{hub.port}",
        authority=hub.folder / "root.pem",
        certificate=path,
        key=path,
    )


@pytest.mark.parametrize("streams", [8, 0], ids=["stream", "poll"])
async def test_client_follows_by_stream_or_by_poll(
    tmp_path: Path, streams: int
) -> None:
    limits = LimitSettings(event_streams=streams)
    world = await make_world(limits=limits)
    async with (
        running_hub(world, tmp_path) as hub,
        Transport(
            client_address(hub, world.province), retry=RetryPolicy(attempts=1)
        ) as transport,
    ):
        client = AgencyClient(transport, trust=world.trust.material)
        before = await send(hub, "trước")
        following = client.follow(PROVINCE)
        seen = [(await anext(following)).envelope_id]
        coming = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0.1)
        later = await send(hub, "sau")
        seen.append((await asyncio.wait_for(coming, timeout=20)).envelope_id)
    assert seen == [*before, *later]


async def test_leased_item_is_handed_to_one_poller(hub: Hub) -> None:
    ids = await send(hub, "một", "hai")
    await arrived(hub, len(ids))
    query = f"agency={PROVINCE}&lease=60&limit=1"
    pages = await asyncio.gather(
        *(hub.inbox(query, by=hub.world.province) for _ in range(4))
    )
    items = [one for page in pages for one in page["items"]]
    assert sorted(one["id"] for one in items) == sorted(ids)
    assert {one["state"] for one in items} == {"leased"}
    assert all(one["leased_until"] for one in items)


async def test_recipient_lets_a_held_document_through_and_the_sender_sees_it(
    tmp_path: Path,
) -> None:
    world = (await make_world()).with_pdfs(CrashingPdfs())
    async with running_hub(world, tmp_path) as hub:
        message = world.document(attachment(small_pdf()))
        location = (await hub.post(message, by=world.commune)).headers["Location"]
        board = f"/v1/outbox?agency={COMMUNE}&unacknowledged=true"
        async with asyncio.timeout(20):
            while True:
                answer = await hub.call("GET", board, by=world.commune)
                if {one["state"] for one in answer.json["items"]} == {"held"}:
                    break
        release = f"{location}/release?agency={PROVINCE}"
        body = {"reason": "đã kiểm tra tệp"}
        headers = {"Content-Type": "application/json"}

        async def decide(by: Credential, **fields: str) -> tuple[int, dict[str, Any]]:
            content = json.dumps({**body, **fields})
            found = await hub.call(
                "POST", release, by=by, body=content, headers=headers
            )
            return found.status, found.json

        denied = await decide(world.province, decision="quarantine")
        stranger = await decide(world.ministry)
        done = await decide(world.province)
        again = await decide(world.province)
        items = (await hub.inbox(f"agency={PROVINCE}&wait=10", by=world.province))[
            "items"
        ]
        states = (await hub.call("GET", board, by=world.commune)).json["items"]
    assert (denied[0], denied[1]["code"]) == (403, "role_not_allowed")
    assert (stranger[0], stranger[1]["code"]) == (403, "agency_not_acted_for")
    assert done[0] == 200
    assert [(one["step"], one["agency"]) for one in done[1]["steps"]] == [
        ("released", PROVINCE)
    ]
    assert (again[0], again[1]["code"]) == (409, "step_not_allowed")
    assert [one["state"] for one in items] == ["available"]
    assert {one["agency"]: one["state"] for one in states} == {
        PROVINCE: "available",
        MINISTRY: "held",
    }


async def test_board_shows_who_has_not_acknowledged_page_by_page(hub: Hub) -> None:
    ids = await send(hub, "một", "hai")
    seen: list[tuple[str, str]] = []
    after = ""
    while True:
        path = f"/v1/outbox?agency={COMMUNE}&unacknowledged=true&limit=3&after={after}"
        page = (await hub.call("GET", path, by=hub.world.commune)).json
        if not page["items"]:
            break
        seen += [(one["id"], one["agency"]) for one in page["items"]]
        after = page["next"]
    assert seen == [(one, agency) for one in ids for agency in (MINISTRY, PROVINCE)]


async def test_board_of_another_agency_is_refused(hub: Hub) -> None:
    path = f"/v1/outbox?agency={COMMUNE}"
    answer = await hub.call("GET", path, by=hub.world.province)
    assert (answer.status, answer.code) == (403, "agency_not_acted_for")


async def test_deliveries_of_all_are_for_operators_alone(hub: Hub) -> None:
    answer = await hub.call("GET", "/v1/deliveries?state=held", by=hub.world.province)
    assert (answer.status, answer.code) == (403, "role_not_allowed")
