"""Answers that have begun and cannot be finished: no other answer follows in them.

To the peer a second answer would be bytes of the first: of a file, or of events.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from yarl import URL

from exchange.settings.limits import LimitSettings
from exchange.settings.server import AuthMode
from exchange.storage.memory.envelopes import MemoryEnvelopes
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from tests.support.console import running_console
from tests.support.hub import HOST, running_hub
from tests.support.raw_http import request
from tests.support.world import PROVINCE, make_world, note

PIECE = 128 * 1024
BEGINNING = bytes(4 * PIECE)
END = b"T" * 500
LIMITS = LimitSettings(transfer_seconds=1.0)
SYSTEM = "Lienthong-System: qlvb-h99"
_PATIENCE = 20


async def failing() -> None:
    """Fail as code does that has a mistake."""
    raise RuntimeError


async def stalling() -> None:
    """Wait for longer than any request may take."""
    await asyncio.sleep(600)


def break_bodies(
    monkeypatch: pytest.MonkeyPatch, midway: Callable[[], Awaitable[None]]
) -> None:
    """Let something happen before the last piece of every body that is read."""
    whole = MemoryEnvelopes.read_body

    async def broken(
        storage: MemoryEnvelopes,
        envelope_id: EnvelopeId,
        *,
        offset: int = 0,
        length: int | None = None,
    ) -> AsyncIterator[bytes]:
        async for body in whole(storage, envelope_id, offset=offset, length=length):
            for start in range(0, len(BEGINNING), PIECE):
                yield body[start : start + PIECE]
            await midway()
            yield body[len(BEGINNING) :]

    monkeypatch.setattr(MemoryEnvelopes, "read_body", broken)


async def told(port: int, sent: bytes) -> bytes:
    """Send a request; return all that comes until the connection is closed."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(sent)
    data = bytearray()
    async with asyncio.timeout(_PATIENCE):
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                data += piece
    writer.close()
    return bytes(data)


def is_one_answer(data: bytes) -> bool:
    """Tell whether one answer began, and nothing of another came after it."""
    return (
        data.startswith(b"HTTP/1.1 200 ")
        and data.count(b"HTTP/1.1") == 1
        and b"urn:lienthong" not in data
    )


@pytest.mark.parametrize(
    ("midway", "code"),
    [(stalling, ErrorCode.REQUEST_TIMEOUT), (failing, ErrorCode.INTERNAL)],
)
async def test_download_that_breaks_is_cut_and_no_refusal_is_written_into_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    midway: Callable[[], Awaitable[None]],
    code: ErrorCode,
) -> None:
    world = await make_world(limits=LIMITS)
    accepted = await world.sent(note(BEGINNING + END))
    path = f"/v1/envelopes/{accepted.envelope.envelope_id}/attachments/1"
    break_bodies(monkeypatch, midway)
    async with running_hub(world, tmp_path, auth=AuthMode.DEVELOPMENT) as hub:
        with capture_logs() as lines:
            data = await told(hub.port, request("GET", path, SYSTEM))

    assert is_one_answer(data)
    assert len(data.partition(b"\r\n\r\n")[2]) <= len(BEGINNING)
    assert [one["code"] for one in lines if one["event"] == "stream.broken"] == [code]


async def test_inbox_that_is_followed_for_too_long_is_cut_without_a_refusal(
    tmp_path: Path,
) -> None:
    world = await make_world(limits=LIMITS)
    async with running_hub(world, tmp_path, auth=AuthMode.DEVELOPMENT) as hub:
        path = f"/v1/inbox/events?agency={PROVINCE}"
        data = await told(hub.port, request("GET", path, SYSTEM))

    assert is_one_answer(data)
    assert b"text/event-stream" in data


async def test_page_that_follows_for_too_long_is_cut_without_a_page_in_its_stream() -> (
    None
):
    async with (
        running_console(await make_world(limits=LIMITS)) as console,
        console.visit("tinh.van") as visit,
    ):
        cookies = "; ".join(f"{one}={value}" for one, value in visit.cookies.items())
        port = URL(console.base).port or 0
        sent = request("GET", "/live/inbox", f"Cookie: {cookies}")
        data = await told(port, sent.replace(b"Host: hub", b"Host: 127.0.0.1"))

    assert is_one_answer(data)
    assert b"<html" not in data


async def test_what_is_read_for_a_peer_that_is_gone_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, whole = asyncio.Event(), MemoryEnvelopes.read_body

    async def noted(
        storage: MemoryEnvelopes,
        envelope_id: EnvelopeId,
        *,
        offset: int = 0,
        length: int | None = None,
    ) -> AsyncIterator[bytes]:
        try:
            async for body in whole(storage, envelope_id, offset=offset, length=length):
                for start in range(0, len(body), PIECE):
                    yield body[start : start + PIECE]
        finally:
            ended.set()

    world = await make_world()
    sent = (await world.sent(note(bytes(96 * PIECE)))).envelope
    async with running_hub(world, tmp_path, auth=AuthMode.DEVELOPMENT) as hub:
        monkeypatch.setattr(MemoryEnvelopes, "read_body", noted)
        asked = request("GET", f"/v1/envelopes/{sent.envelope_id}", SYSTEM)
        # A search for cycles, which is rare in the service, would end it, too.
        with not_collected():
            await gone_early(hub.port, asked)
            async with asyncio.timeout(_PATIENCE):
                await ended.wait()


@contextmanager
def not_collected() -> Iterator[None]:
    """Let nothing search for cycles."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def gone_early(port: int, sent: bytes) -> None:
    """Send a request, read the head of its answer, and go."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=1024)
    writer.write(sent)
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.2)
    writer.transport.abort()
