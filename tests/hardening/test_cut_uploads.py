"""A sender whose line is cut, wherever it is: nothing half-stored, nothing lost."""

import asyncio
import os
from collections.abc import AsyncIterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from clients.messages import Message
from schemas.receipt import AcceptanceReceipt, read_receipt
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.hub import HOST, Hub, running_hub
from tests.support.raw_http import request
from tests.support.world import PROVINCE, make_world, note

CUTS = 24
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


def posted(message: Message) -> bytes:
    """All bytes of a request that hands a message in."""
    return request(
        "POST",
        "/v1/envelopes",
        f"Content-Type: {message.content_type}",
        f"Message-Id: {message.message_id}",
        f"Content-Length: {len(message.body)}",
        body=message.body,
    )


async def cut(hub: Hub, data: bytes) -> None:
    """Send bytes and break the line without waiting for any answer."""
    by = hub.world.commune
    _, writer = await asyncio.open_connection(HOST, hub.port, ssl=hub.context(by))
    try:
        writer.write(data)
        await writer.drain()
        # A turn for what was written to leave.
        await asyncio.sleep(0)
    finally:
        writer.transport.abort()


async def test_message_that_is_cut_anywhere_is_not_there_and_can_be_sent(
    hub: Hub,
) -> None:
    message = hub.world.document(note(os.urandom(30_000)), note(b"hai", number=2))
    whole = posted(message)
    # The last cut leaves out a single byte.
    sizes = {*range(0, len(whole), len(whole) // CUTS), len(whole) - 1}

    await asyncio.gather(*(cut(hub, whole[:size]) for size in sizes))
    sent = await hub.post(message, by=hub.world.commune)
    page = await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)

    # One that had been taken in would make this a repeat.
    assert sent.status == 201
    assert len(page["items"]) == 1


async def test_message_whose_answer_is_cut_off_is_there_once(hub: Hub) -> None:
    message = hub.world.document(note(b"x"))
    whole = posted(message)

    await asyncio.gather(*(cut(hub, whole) for _ in range(10)))
    answers = [await hub.post(message, by=hub.world.commune) for _ in range(2)]
    page = await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)

    assert {one.status for one in answers} <= {200, 201}
    assert answers[1].status == 200
    assert answers[0].body == answers[1].body
    assert len(page["items"]) == 1


async def test_upload_that_is_cut_again_and_again_is_the_body_that_was_sent(
    hub: Hub,
) -> None:
    message = hub.world.document(note(os.urandom(2_500_000)))
    headers = {**TUS, "Upload-Length": str(len(message.body))}
    begun = await hub.call("POST", "/v1/uploads", by=hub.world.commune, headers=headers)
    path, rest = begun.headers["Location"], len(message.body)
    for number in range(1, CUTS // 2 + 1):
        offset = await _offset(hub, path)
        part = _patch(path, offset, message.body[offset:])
        # Within the headers at first, then ever more of the bytes.
        await cut(hub, part[: max(50, number * rest // CUTS)])
        assert offset <= await _offset(hub, path) <= len(message.body)
    while (offset := await _offset(hub, path)) < len(message.body):
        # The part before it may still be on its way in: then it is refused.
        body = BytesIO(message.body[offset:])
        await hub.call(
            "PATCH",
            path,
            by=hub.world.commune,
            body=body,
            headers={**PART, "Upload-Offset": str(offset)},
        )
    sent = await hub.call(
        "POST",
        "/v1/envelopes",
        by=hub.world.commune,
        headers={
            "Content-Type": message.content_type,
            "Message-Id": message.message_id,
            "Upload-Reference": path,
        },
    )

    assert sent.status == 201
    receipt = read_receipt(verify_receipt(parse(sent.body)).content)
    assert isinstance(receipt, AcceptanceReceipt)
    assert receipt.body_sha256 == sha256(message.body).hexdigest()


def _patch(path: str, offset: int, body: bytes) -> bytes:
    headers = {**PART, "Upload-Offset": str(offset), "Content-Length": str(len(body))}
    lines = (f"{name}: {value}" for name, value in headers.items())
    return request("PATCH", path, *lines, body=body)


async def _offset(hub: Hub, path: str) -> int:
    answer = await hub.call("HEAD", path, by=hub.world.commune, headers=TUS)
    return int(answer.headers["Upload-Offset"])
