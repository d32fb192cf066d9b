"""Requests to a hub over real mutual TLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from operator import add
from pathlib import Path

import pytest
from aiohttp import web

from clients.errors import ClientError, RefusedError, UnreachableError
from clients.transport import (
    HubAddress,
    Request,
    RetryPolicy,
    Transport,
    client_tls,
    read_problem,
)
from pki.errors import PkiError
from schemas.errors import ErrorCode
from tests.support.pki import NOW, TestPki
from tests.support.scripted_hub import (
    ScriptedHub,
    refused,
    scripted_hub,
    write_credential,
)

IMPATIENT = RetryPolicy(attempts=3, first_pause=0.01, longest_pause=0.02, timeout=5)
POST = Request(method="POST", path="/v1/envelopes", body=b"the bytes")


def spoil(path: Path, content: bytes | None) -> Path:
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    return path


def server_tls(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


@asynccontextmanager
async def slow_way(
    hub: ScriptedHub, content: bytes, *, stands_still: bool
) -> AsyncIterator[HubAddress]:
    """A hub that reads bodies and hands out `content` in more than a second."""
    pace = len(content) // 16

    async def pause() -> None:
        await asyncio.sleep(30 if stands_still else 0.1)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await response.prepare(request)
        for start in range(0, len(content), pace):
            await response.write(content[start : start + pace])
            await pause()
        return response

    async def read(request: web.Request) -> web.Response:
        while not request.content.at_eof():
            await request.content.read(pace)
            await pause()
        return web.Response()

    application = web.Application()
    application.router.add_get("/slow", answer)
    application.router.add_post("/{path:.*}", read)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    folder = hub.address.authority.parent
    narrow = socket.create_server(("127.0.0.1", 0))
    # Or the system takes what comes, and the line seems to stand still at its end.
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    await web.SockSite(runner, narrow, ssl_context=server_tls(folder)).start()
    try:
        yield replace(hub.address, url=f"https://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def test_requests_one_after_another_share_one_connection(tmp_path: Path) -> None:
    async with (
        scripted_hub(tmp_path, TestPki.create()) as hub,
        Transport(hub.address) as transport,
    ):
        hub.answers = [web.Response(status=201), refused("x"), web.Response(status=201)]
        await transport.send(POST)
        with pytest.raises(RefusedError):
            await transport.send(POST)
        await transport.send(POST)

    assert len(hub.lines) == 1


async def test_many_at_once_share_few_connections_and_lose_no_time_to_queueing(
    tmp_path: Path,
) -> None:
    hasty = RetryPolicy(attempts=1, timeout=5)
    async with (
        scripted_hub(tmp_path, TestPki.create()) as hub,
        Transport(hub.address, retry=hasty) as transport,
    ):
        hub.held = {"/v1/envelopes"}
        asked = [asyncio.create_task(transport.send(POST)) for _ in range(150)]
        await hub.came(16)
        hub.let_go.set()
        await asyncio.gather(*asked)

    assert len(hub.bodies) == 150
    assert len(hub.lines) == 16


async def test_who_waits_for_news_keeps_nobody_from_sending(tmp_path: Path) -> None:
    news = Request(method="GET", path="/v1/inbox", waits=True)
    async with (
        scripted_hub(tmp_path, TestPki.create()) as hub,
        Transport(hub.address) as transport,
    ):
        hub.held = {"/v1/inbox"}
        waiting = [asyncio.create_task(transport.send(news)) for _ in range(40)]
        await hub.came(len(waiting))
        assert (await transport.send(POST)).status == 200
        hub.let_go.set()
        await asyncio.gather(*waiting)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_transient_refusal_is_retried_with_the_same_bytes(
    tmp_path: Path, status: int
) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [web.Response(status=status), web.Response(status=201)]
        async with Transport(hub.address, retry=IMPATIENT) as transport:
            answer = await transport.send(POST)

    assert answer.status == 201
    assert hub.bodies == [b"the bytes", b"the bytes"]


async def test_whoever_waits_is_told_how_much_of_an_answer_came(
    tmp_path: Path,
) -> None:
    bundle, told = bytes(3 << 20), list[int]()
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [web.Response(body=BytesIO(bundle))]
        async with Transport(hub.address) as transport:
            answer = await transport.send(replace(POST, told=told.append))

    assert answer.body == bundle
    assert (told[-1], sorted(told), len(told) > 2) == (len(bundle), told, True)


async def test_large_body_is_sent_whole_on_every_attempt_without_a_warning(
    tmp_path: Path,
) -> None:
    body = bytes(range(256)) * 8192
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [web.Response(status=503), web.Response(status=201)]
        async with Transport(hub.address, retry=IMPATIENT) as transport:
            await transport.send(
                Request(method="POST", path="/v1/envelopes", body=body)
            )

    assert hub.bodies == [body, body]


async def test_permanent_refusal_is_told_once_in_the_hubs_words(
    tmp_path: Path,
) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [refused("recipient_unknown")]
        async with Transport(hub.address, retry=IMPATIENT) as transport:
            with pytest.raises(RefusedError) as refusal:
                await transport.send(POST)

    assert refusal.value.code is ErrorCode.RECIPIENT_UNKNOWN
    assert refusal.value.problem.message_vi == "a"
    assert len(hub.bodies) == 1


async def test_redirect_is_refused_and_not_followed(tmp_path: Path) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [web.Response(status=302, headers={"Location": "/elsewhere"})]
        async with Transport(hub.address, retry=IMPATIENT) as transport:
            with pytest.raises(RefusedError):
                await transport.send(POST)

    assert len(hub.bodies) == 1


async def test_silent_hub_is_unreachable_after_all_attempts(tmp_path: Path) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [web.Response(status=503) for _ in range(9)]
        async with Transport(hub.address, retry=IMPATIENT) as transport:
            with pytest.raises(UnreachableError) as outage:
                await transport.send(POST)

    assert outage.value.code is ErrorCode.HUB_UNREACHABLE
    assert len(hub.bodies) == IMPATIENT.attempts


@pytest.mark.parametrize("kind", ["answer", "body"])
async def test_what_moves_slowly_is_not_given_up_and_what_stands_still_is(
    tmp_path: Path, kind: str
) -> None:
    content = bytes(32 << 20)
    brisk = RetryPolicy(attempts=1, timeout=0.8)
    async with (
        scripted_hub(tmp_path, TestPki.create()) as hub,
        slow_way(hub, content, stands_still=False) as slow,
        slow_way(hub, content, stands_still=True) as still,
    ):
        request = (
            replace(POST, body=content)
            if kind == "body"
            else Request(method="GET", path="/slow")
        )
        async with Transport(slow, retry=brisk) as transport:
            answer = await transport.send(request)
        async with Transport(still, retry=brisk) as transport:
            with pytest.raises(UnreachableError):
                await transport.send(request)

    assert answer.status == 200
    assert answer.body == (b"" if kind == "body" else content)


async def test_hub_that_takes_nothing_for_now_is_waited_for_and_says_why(
    tmp_path: Path,
) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [refused("maintenance", status=503) for _ in range(3)]
        async with Transport(hub.address, retry=IMPATIENT) as transport:
            with pytest.raises(UnreachableError) as outage:
                await transport.send(POST)

    assert outage.value.problem is not None
    assert outage.value.problem.code == "maintenance"


async def test_hub_that_is_gone_after_a_refusal_has_said_nothing(
    tmp_path: Path,
) -> None:
    twice = replace(IMPATIENT, attempts=2)
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [refused("maintenance", status=503), web.Response(status=502)]
        async with Transport(hub.address, retry=twice) as transport:
            with pytest.raises(UnreachableError) as outage:
                await transport.send(POST)

    assert outage.value.problem is not None
    assert outage.value.problem.code == ""


@pytest.mark.parametrize("asked", ["1", "x", "", "-1", "²", "Wed, 21 Oct 2026"])
async def test_pauses_are_as_the_hub_asks_where_it_asks_for_seconds(
    tmp_path: Path, asked: str
) -> None:
    loop = asyncio.get_running_loop()
    policy = RetryPolicy(attempts=2, first_pause=0.01)
    busy = web.Response(status=503, headers={"Retry-After": asked})
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [busy, web.Response(status=201)]
        async with Transport(hub.address, retry=policy) as transport:
            began = loop.time()
            await transport.send(POST)

    assert (loop.time() - began >= 1) is (asked == "1")


async def test_hub_of_another_authority_is_never_spoken_to(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        async with scripted_hub(other, TestPki.create("Khác")) as stranger:
            address = hub.address
            stranger.address = type(address)(
                url=stranger.address.url,
                authority=address.authority,
                certificate=address.certificate,
                key=address.key,
            )
            async with Transport(stranger.address, retry=IMPATIENT) as transport:
                with pytest.raises(UnreachableError) as refusal:
                    await transport.send(POST)

        assert stranger.bodies == []
    assert refusal.value.code is ErrorCode.HUB_NOT_RECOGNISED


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (0, ErrorCode.HUB_UNREACHABLE),
        (731, ErrorCode.CLIENT_CERTIFICATE_REFUSED),
        (-400, ErrorCode.CLIENT_CERTIFICATE_REFUSED),
    ],
    ids=["it holds", "it has ended", "it has not begun"],
)
async def test_who_is_not_answered_for_its_own_certificate_is_told_so(
    tmp_path: Path, days: int, code: ErrorCode
) -> None:
    # What the hub does not take in the handshake: it closes the line without a word.
    own = write_credential(tmp_path, "own", TestPki.create().system())
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        address = replace(hub.address, certificate=own, key=own.with_suffix(".key"))
        clock = partial(add, NOW, timedelta(days=days))
        async with Transport(address, retry=IMPATIENT, clock=clock) as transport:
            with pytest.raises(UnreachableError) as refusal:
                await transport.send(POST)

    assert refusal.value.code is code
    named = refusal.value.place.startswith("own.pem: 20")
    assert named is (code is ErrorCode.CLIENT_CERTIFICATE_REFUSED)


async def test_hub_that_says_later_is_heard_whatever_the_own_certificate(
    tmp_path: Path,
) -> None:
    clock = partial(add, NOW, timedelta(days=731))
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.answers = [refused("maintenance", status=503) for _ in range(3)]
        async with Transport(hub.address, retry=IMPATIENT, clock=clock) as transport:
            with pytest.raises(UnreachableError) as outage:
                await transport.send(POST)

    assert outage.value.problem is not None
    assert outage.value.problem.code == "maintenance"


async def test_hub_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    async with (
        scripted_hub(tmp_path, TestPki.create(), host="127.0.0.2") as hub,
        Transport(hub.address, retry=RetryPolicy(first_pause=60)) as transport,
    ):
        with pytest.raises(UnreachableError) as refusal:
            await transport.send(POST)
        with pytest.raises(UnreachableError) as refused_too:
            await anext(transport.events(POST))

    assert hub.bodies == []
    for one in (refusal.value, refused_too.value):
        assert one.code is ErrorCode.HUB_NOT_RECOGNISED
        assert "IP address mismatch" in one.place


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code": 7}', b"\xff"])
def test_foreign_answer_gives_a_problem_without_a_name(body: bytes) -> None:
    found = read_problem(500, body, content_type="application/problem+json")
    assert found.code == ""


def test_pause_doubles_up_to_the_longest() -> None:
    policy = RetryPolicy(first_pause=1, longest_pause=5)

    assert [policy.pause(attempt) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 5]
    assert [policy.pause(1, asked=asked) for asked in (0, 3, 60)] == [1, 3, 5]


async def test_server_that_speaks_no_http_is_unreachable(tmp_path: Path) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        context = server_tls(tmp_path)

        async def babble(_reader: object, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ready\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(babble, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        address = replace(hub.address, url=f"https://127.0.0.1:{port}")
        async with server, Transport(address, retry=IMPATIENT) as transport:
            with pytest.raises(UnreachableError):
                await transport.send(POST)


async def test_private_key_open_to_others_is_refused(tmp_path: Path) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        hub.address.key.chmod(0o644)

        with pytest.raises(PkiError) as refusal:
            client_tls(hub.address)

    assert refusal.value.code is ErrorCode.KEY_FILE_EXPOSED


@pytest.mark.parametrize("name", ["authority", "certificate"])
@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_unusable_file_of_the_connection_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    async with scripted_hub(tmp_path, TestPki.create()) as hub:
        path = spoil(getattr(hub.address, name), content)

        with pytest.raises(ClientError) as refusal:
            client_tls(hub.address)

    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert refusal.value.place == path.name
