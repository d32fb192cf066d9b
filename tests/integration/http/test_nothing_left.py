"""What a request needed is gone with its answer, and waits for no search for cycles.

The service searches after many thousand objects; a letter is few of them, and large.
"""

import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from clients.messages import Message
from exchange.storage.mongo.store import MongoStorage
from schemas.edxml.body import BodyScanner
from schemas.edxml.inline import with_inline_attachments
from tests.support.hub import Answer, Hub, running_hub
from tests.support.signed_pdf import LETTER
from tests.support.world import PROVINCE, make_world, note

pytestmark = pytest.mark.integration

_LARGE = 50_000
_CONTENT = os.urandom(2 * _LARGE)

XML = "application/xml"

Act = Callable[[Hub, str], Awaitable[Answer]]


@pytest.fixture
async def hub(tmp_path: Path, emptied_storage: MongoStorage) -> AsyncIterator[Hub]:
    world = await make_world(storage=emptied_storage)
    async with running_hub(world, tmp_path) as running:
        yield running


def letter(hub: Hub) -> Message:
    return hub.world.document(note(os.urandom(2 * _LARGE)))


def inline(message: Message) -> Message:
    """The same letter in one XML document."""
    scanner = BodyScanner(message.content_type)
    scanner.feed(message.body)
    scanned = scanner.finish()
    body = with_inline_attachments(scanned.xml, (note(_CONTENT),), zipped=False)
    return Message(message_id=message.message_id, content_type=XML, body=body)


async def send(hub: Hub, _: str) -> Answer:
    return await hub.post(letter(hub), by=hub.world.commune)


async def send_inline(hub: Hub, _: str) -> Answer:
    message = inline(hub.world.document(note(_CONTENT), subject=os.urandom(8).hex()))
    return await hub.post(message, by=hub.world.commune)


async def send_what_is_refused(hub: Hub, _: str) -> Answer:
    message = letter(hub)
    broken = message.body.replace(b"<edXML:Subject>", b"<edXML:Subjekt>")
    changed = Message(
        message_id=message.message_id, content_type=message.content_type, body=broken
    )
    return await hub.post(changed, by=hub.world.commune)


async def fetch(hub: Hub, path: str) -> Answer:
    return await hub.call("GET", path, by=hub.world.province)


async def fetch_part(hub: Hub, path: str) -> Answer:
    headers = {"Range": f"bytes={_LARGE}-"}
    return await hub.call("GET", path, by=hub.world.province, headers=headers)


async def fetch_other_form(hub: Hub, path: str) -> Answer:
    headers = {"Accept": XML}
    return await hub.call("GET", path, by=hub.world.province, headers=headers)


async def fetch_attachment(hub: Hub, path: str) -> Answer:
    return await hub.call("GET", f"{path}/attachments/1", by=hub.world.province)


async def fetch_evidence(hub: Hub, path: str) -> Answer:
    return await hub.call("GET", f"{path}/evidence", by=hub.world.province)


async def upload(hub: Hub, _: str) -> Answer:
    protocol = {"Tus-Resumable": "1.0.0"}
    begun = await hub.call(
        "POST",
        "/v1/uploads",
        by=hub.world.commune,
        headers={**protocol, "Upload-Length": str(len(_CONTENT))},
    )
    part = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    return await hub.call(
        "PATCH",
        begun.headers["Location"],
        by=hub.world.commune,
        body=BytesIO(_CONTENT),
        headers={**protocol, **part},
    )


async def verify(hub: Hub, _: str) -> Answer:
    return await hub.call(
        "POST",
        "/v1/verify",
        by=hub.world.province,
        body=BytesIO(LETTER.read_bytes() + bytes(_LARGE)),
        headers={"Content-Type": "application/pdf"},
    )


@contextmanager
def collected_by_hand() -> Iterator[list[object]]:
    """Find what the block leaves to a search for cycles."""
    found: list[object] = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found += gc.garbage
    finally:
        gc.garbage.clear()
        gc.set_debug(0)
        gc.enable()


def is_large(one: object) -> bool:
    return isinstance(one, bytes | bytearray) and len(one) > _LARGE


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (send, 201),
        (send_inline, 201),
        (send_what_is_refused, 422),
        (fetch, 200),
        (fetch_part, 206),
        (fetch_other_form, 200),
        (fetch_attachment, 200),
        (fetch_evidence, 200),
        (upload, 204),
        (verify, 200),
    ],
)
async def test_no_letter_waits_for_a_search_for_cycles(
    hub: Hub, act: Act, status: int
) -> None:
    sent = await hub.post(letter(hub), by=hub.world.commune)
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    path = sent.headers["Location"]
    await act(hub, path)  # fills caches
    with collected_by_hand() as found:
        answers = [(await act(hub, path)).status for _ in range(3)]

    assert answers == [status] * 3
    holders = [one for one in found if any(map(is_large, gc.get_referents(one)))]
    assert {type(one).__qualname__ for one in holders} == set()
