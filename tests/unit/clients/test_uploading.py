"""A body in parts gets through a line that breaks, and ends where none goes through."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from clients.agency import AgencyClient
from clients.errors import ClientError, RefusedError, UnreachableError
from clients.messages import Message
from clients.transport import RetryPolicy, Transport, read_problem
from clients.uploading import upload
from schemas.errors import ErrorCode
from schemas.identifiers import MessageId
from tests.support.pki import NOW, TestPki
from tests.support.scripted_hub import refused
from tests.support.taking_hub import Instead, TakingHub, taking_hub

PKI = TestPki.create()
MIB = 1 << 20
SMALLEST = 64 << 10
ONCE = RetryPolicy(attempts=1, timeout=5)
MESSAGE = Message(
    message_id=MessageId("m-1"), content_type="application/xml", body=bytes(300_000)
)


@dataclass(slots=True)
class Memory:
    """Remembers for the length of a test."""

    path: str = ""
    seen: list[int] = field(default_factory=list)

    def remember(self, path: str) -> None:
        self.path = path

    def stored(self, size: int, total: int) -> None:
        del total
        self.seen.append(size)


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[tuple[Transport, TakingHub]]:
    async with (
        taking_hub(folder, PKI, now=NOW) as hub,
        Transport(hub.hub.address, retry=ONCE) as transport,
    ):
        yield transport, hub


def to_parts(answer: Callable[[], web.Response]) -> Instead:
    """Answer every part so, and nothing else."""
    return lambda request, _: answer() if request.method == "PATCH" else None


async def test_parts_get_smaller_until_the_line_brings_them(tmp_path: Path) -> None:
    body, memory = os.urandom(3 * MIB), Memory()
    async with connected(tmp_path) as (transport, hub):
        hub.brings = 300_000
        path = await upload(transport, body, memory)

    assert hub.uploads[path] == body
    assert memory.seen == sorted(memory.seen)


async def test_parts_grow_again_once_the_line_holds(tmp_path: Path) -> None:
    body = bytes(9 * MIB)
    async with connected(tmp_path) as (transport, hub):
        hub.brings = 3 * MIB

        def holds(request: web.Request, _: bytes) -> None:
            if request.method == "PATCH":
                hub.brings = 5 * MIB

        hub.instead = holds
        await upload(transport, body, Memory())

    assert hub.parts == [4 * MIB, 2 * MIB, 4 * MIB, 3 * MIB]


async def test_line_that_brings_not_the_smallest_part_is_unreachable(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path) as (transport, hub):
        hub.brings = 1000
        with pytest.raises(UnreachableError):
            await upload(transport, bytes(MIB), Memory())

    assert hub.parts[-1] == min(hub.parts) == SMALLEST


async def test_hub_that_takes_nothing_for_now_is_given_no_smaller_part(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path) as (transport, hub):
        hub.instead = to_parts(lambda: refused("maintenance", status=503))
        with pytest.raises(UnreachableError) as refusal:
            await upload(transport, bytes(MIB), Memory())

    assert refusal.value.problem is not None
    assert hub.parts == [MIB]


async def test_hub_that_says_later_to_a_part_is_asked_again(tmp_path: Path) -> None:
    patient = RetryPolicy(attempts=2, first_pause=0.01, timeout=5)
    answers = [refused("maintenance", status=503)]
    async with taking_hub(tmp_path, PKI) as hub:
        hub.instead = lambda request, _: (
            answers.pop() if request.method == "PATCH" and answers else None
        )
        async with Transport(hub.hub.address, retry=patient) as transport:
            await upload(transport, bytes(MIB), Memory())

    assert hub.parts == [MIB, MIB]


async def test_part_that_takes_the_hub_too_long_is_sent_smaller(
    tmp_path: Path,
) -> None:
    async with connected(tmp_path) as (transport, hub):
        hub.instead = lambda _, body: (
            refused("request_timeout", status=408) if len(body) > 200_000 else None
        )
        path = await upload(transport, bytes(MIB), Memory())

    assert len(hub.uploads[path]) == MIB


@pytest.mark.parametrize(
    "told", ["0", "5", "9" * 5000, "²"], ids=["same", "less", "long", "no digit"]
)
async def test_answer_with_another_offset_does_not_go_on_for_ever(
    tmp_path: Path, told: str
) -> None:
    async with connected(tmp_path) as (transport, hub):
        hub.instead = to_parts(
            lambda: web.Response(status=204, headers={"Upload-Offset": told})
        )
        with pytest.raises(ClientError) as refusal:
            await upload(transport, bytes(1000), Memory())

    assert refusal.value.code is ErrorCode.ANSWER_MALFORMED
    assert len(hub.parts) < 50


@pytest.mark.parametrize("code", ["upload_used", "upload_not_found"])
async def test_letter_that_another_copy_sent_from_the_same_upload_is_sent(
    tmp_path: Path, code: str
) -> None:
    memory = Memory()
    async with connected(tmp_path) as (transport, hub):

        def first(request: web.Request, body: bytes) -> web.Response | None:
            if request.method != "PATCH":
                return None
            hub.uploads[request.path] = MESSAGE.body
            return refused(code, status=409 if code == "upload_used" else 404)

        hub.instead = first
        client = AgencyClient(transport, trust=PKI.material(), clock=lambda: NOW)
        await client.send_in_parts(MESSAGE, memory)

    assert hub.letters == [MESSAGE.body]
    assert len(hub.uploads) == 1


async def test_upload_that_ended_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    memory = Memory()
    async with connected(tmp_path) as (transport, hub):

        def ends(request: web.Request, _: bytes) -> None:
            if request.method == "PATCH" and len(hub.parts) == 1:
                del hub.uploads[request.path]
                hub.uploads["/v1/uploads/of-another"] = b""

        hub.instead = ends
        client = AgencyClient(transport, trust=PKI.material(), clock=lambda: NOW)
        await client.send_in_parts(MESSAGE, memory)

    assert hub.letters == [MESSAGE.body]


@pytest.mark.parametrize("code", [one for one in ErrorCode if "upload_" in one])
def test_refusal_of_an_upload_is_not_about_the_message(code: ErrorCode) -> None:
    body = b'{"code": "%s"}' % code.encode()
    problem = read_problem(409, body, content_type="application/problem+json")

    assert not RefusedError(problem).is_about_message
