"""Uploads that can be resumed, as other clients of tus 1.0.0 meet them."""

import asyncio
import hashlib
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest

from clients.messages import Message
from exchange.domain.uploads import KEPT
from pki.keys.api import Credential
from schemas.receipt import AcceptanceReceipt, read_receipt
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.hub import Answer, Hub, running_hub, write_credential
from tests.support.verifying import flipped
from tests.support.world import PROVINCE, make_world, note

STOCK_CLIENT = """
import sys
from tusclient.client import TusClient

url, certificate, file = sys.argv[1:]
client = TusClient(url, client_cert=certificate)
first = client.uploader(file, chunk_size=700_000, upload_checksum=True)
first.upload_chunk()
rest = client.uploader(file, chunk_size=700_000, url=first.url)
assert rest.offset == 700_000
rest.upload()
print(rest.url)
"""
"""Another client goes on where the first one was ended; it leaves files open."""

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


def large(hub: Hub) -> Message:
    return hub.world.document(note(os.urandom(2_500_000)))


async def begun(hub: Hub, length: int) -> str:
    """Begin an upload and return its address."""
    headers = {**TUS, "Upload-Length": str(length)}
    answer = await hub.call(
        "POST", "/v1/uploads", by=hub.world.commune, headers=headers
    )
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


async def add(hub: Hub, path: str, offset: int, part: bytes, **also: str) -> Answer:
    headers = {**PART, "Upload-Offset": str(offset), **also}
    return await hub.call(
        "PATCH", path, by=hub.world.commune, body=BytesIO(part), headers=headers
    )


async def head(hub: Hub, path: str, *, by: Credential | None = None) -> Answer:
    return await hub.call("HEAD", path, by=by or hub.world.commune, headers=TUS)


async def stored(hub: Hub, path: str) -> int:
    return int((await head(hub, path)).headers["Upload-Offset"])


async def send(
    hub: Hub, path: str, message: Message, also: Mapping[str, str] | None = None
) -> Answer:
    """Send what was uploaded as a document."""
    headers = {
        "Content-Type": message.content_type,
        "Message-Id": message.message_id,
        "Upload-Reference": path,
    }
    return await hub.call(
        "POST",
        "/v1/envelopes",
        by=hub.world.commune,
        headers={**headers, **(also or {})},
    )


async def uploaded(hub: Hub, message: Message) -> str:
    path = await begun(hub, len(message.body))
    assert (await add(hub, path, 0, message.body)).status == 204
    return path


async def test_stock_client_uploads_in_parts_and_the_document_is_accepted(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = large(hub)
    file = tmp_path / "body"
    file.write_bytes(message.body)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "root.pem"))
    certificate = str(write_credential(tmp_path, hub.world.commune))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STOCK_CLIENT),
        *(f"{hub.url}/v1/uploads", certificate, str(file)),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    url = told.decode().strip()
    answer = await send(hub, url, message)

    receipt = read_receipt(verify_receipt(parse(answer.body)).content)
    assert answer.status == 201
    assert isinstance(receipt, AcceptanceReceipt)
    assert receipt.body_sha256 == message.body_sha256
    location = answer.headers["Location"]
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    read = await hub.call("GET", location, by=hub.world.province)
    assert read.body == message.body


async def test_uploaded_document_is_repeated_with_the_same_receipt(hub: Hub) -> None:
    message = large(hub)
    path = await uploaded(hub, message)
    first = await send(hub, path, message)
    again = await send(hub, path, message)
    at_once = await hub.post(message, by=hub.world.commune)
    assert (first.status, again.status, at_once.status) == (201, 200, 200)
    assert again.body == first.body == at_once.body


async def test_upload_becomes_one_document_only(hub: Hub) -> None:
    message = large(hub)
    path = await uploaded(hub, message)
    await send(hub, path, message)
    other = await send(hub, path, message, {"Message-Id": "other"})
    assert (other.status, other.code) == (409, "upload_used")


async def test_uploaded_body_is_checked_like_any_other(hub: Hub) -> None:
    message = large(hub)
    changed = flipped(message.body, len(message.body) - 2000)
    path = await begun(hub, len(changed))
    await add(hub, path, 0, changed)
    answer = await send(hub, path, message)
    assert (answer.status, answer.code) == (422, "attachment_digest_mismatch")


async def test_line_that_breaks_keeps_what_arrived(hub: Hub) -> None:
    body = large(hub).body
    path = await begun(hub, len(body))

    async def breaking() -> AsyncIterator[bytes]:
        yield body[:1_500_000]
        # Until the hub has something of it; then the line is cut.
        await asyncio.sleep(3600)

    headers = {**PART, "Upload-Offset": "0"}
    patch = asyncio.create_task(
        hub.call("PATCH", path, by=hub.world.commune, body=breaking(), headers=headers)
    )
    async with asyncio.timeout(60):
        while await stored(hub, path) == 0:  # noqa: ASYNC110 - the hub is asked
            await asyncio.sleep(0.05)
        patch.cancel()
        await asyncio.wait((patch,))
        while await stored(hub, path) < 1_500_000:  # noqa: ASYNC110 - the hub is asked
            await asyncio.sleep(0.05)
    rest = await add(hub, path, 1_500_000, body[1_500_000:])
    assert rest.headers["Upload-Offset"] == str(len(body))


async def test_part_with_a_wrong_checksum_leaves_nothing(hub: Hub) -> None:
    path = await begun(hub, 100)
    digest = b64encode(hashlib.sha256(b"other").digest()).decode()
    answer = await add(hub, path, 0, b"part", **{"Upload-Checksum": f"sha256 {digest}"})
    assert (answer.status, answer.code) == (460, "upload_checksum_wrong")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (await head(hub, path)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("offset", "part", "headers", "status", "code"),
    [
        (5, b"x", {}, 409, "upload_offset_wrong"),
        (0, b"x" * 101, {}, 413, "body_too_large"),
        (0, b"x", {"Content-Type": "text/plain"}, 415, "content_type_unsupported"),
        (0, b"x", {"Tus-Resumable": "0.2.2"}, 412, "upload_protocol_unsupported"),
        (0, b"x", {"Upload-Offset": "-1"}, 400, "request_invalid"),
        (0, b"x", {"Upload-Checksum": "crc32 AAAA"}, 400, "request_invalid"),
        (0, b"x", {"Upload-Checksum": "sha256 !"}, 400, "request_invalid"),
    ],
    ids=["offset", "size", "type", "version", "number", "algorithm", "base64"],
)
async def test_part_that_does_not_fit_is_refused(
    hub: Hub,
    offset: int,
    part: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    path = await begun(hub, 100)
    answer = await add(hub, path, offset, part, **headers)
    assert (answer.status, answer.code) == (status, code)
    assert (await head(hub, path)).headers["Upload-Offset"] == "0"


async def test_upload_is_its_systems_own_until_it_expires_or_is_removed(
    hub: Hub,
) -> None:
    path, removed = await begun(hub, 100), await begun(hub, 100)
    gone = await hub.call("DELETE", removed, by=hub.world.commune, headers=TUS)
    statuses = [
        (await head(hub, path, by=hub.world.province)).status,
        (await head(hub, path)).status,
        gone.status,
        (await head(hub, removed)).status,
    ]
    hub.world.clock.move(seconds=KEPT.total_seconds())
    assert statuses == [404, 200, 204, 404]
    assert (await head(hub, path)).status == 404


async def test_unfinished_and_too_many_uploads_are_refused(hub: Hub) -> None:
    message = large(hub)
    path = await begun(hub, len(message.body))
    await add(hub, path, 0, message.body[:1])
    early = await send(hub, path, message)
    for _ in range(15):
        await add(hub, await begun(hub, 100), 0, b"x")
    headers = {**TUS, "Upload-Length": "100"}
    answer = await hub.call(
        "POST", "/v1/uploads", by=hub.world.commune, headers=headers
    )
    assert (early.status, early.code) == (409, "upload_unfinished")
    assert (answer.status, answer.code) == (429, "too_many_requests")


async def test_what_uploads_may_be_is_told(hub: Hub) -> None:
    answer = await hub.call("OPTIONS", "/v1/uploads", by=hub.world.commune)
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert answer.headers["Tus-Max-Size"] == str(4 << 30)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"


async def test_who_never_hears_that_an_upload_began_is_not_shut_out(hub: Hub) -> None:
    most = hub.world.services.limits.uploads
    begun_before = [await begun(hub, 10) for _ in range(most)]
    for path in begun_before[1:]:
        await add(hub, path, 0, b"x")

    anew = await begun(hub, 10)
    headers = {**TUS, "Upload-Length": "10"}
    await add(hub, anew, 0, b"x")
    full = await hub.call("POST", "/v1/uploads", by=hub.world.commune, headers=headers)

    assert (await head(hub, begun_before[0])).status == 404
    assert (await head(hub, begun_before[1])).status == 200
    assert full.status == 429


async def test_what_is_said_of_an_upload_is_told_again(hub: Hub) -> None:
    said = "filename Y29uZy12YW4ueG1s,is_confidential"
    headers = {**TUS, "Upload-Length": "10", "Upload-Metadata": said}
    answer = await hub.call(
        "POST", "/v1/uploads", by=hub.world.commune, headers=headers
    )

    found = await head(hub, answer.headers["Location"])
    too_long = await hub.call(
        "POST",
        "/v1/uploads",
        by=hub.world.commune,
        headers={**headers, "Upload-Metadata": "a" * 2_001},
    )

    assert found.headers["Upload-Metadata"] == said
    assert too_long.status == 400


async def test_methods_that_do_not_come_through_are_named_in_a_post(hub: Hub) -> None:
    path = await begun(hub, 4)

    async def post(method: str, body: bytes = b"", **also: str) -> Answer:
        headers = {**PART, "X-HTTP-Method-Override": method, **also}
        return await hub.call(
            "POST", path, by=hub.world.commune, body=BytesIO(body), headers=headers
        )

    added = await post("PATCH", b"ab", **{"Upload-Offset": "0"})
    told = await post("HEAD")
    other = await post("PUT")
    removed = await post("DELETE")

    assert [one.status for one in (added, told, other, removed)] == [204, 200, 405, 204]
    assert told.headers["Upload-Offset"] == "2"
    assert (await head(hub, path)).status == 404
