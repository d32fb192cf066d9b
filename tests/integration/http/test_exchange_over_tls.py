"""The exchange as a connected system meets it: real mutual TLS, real signatures."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest

from clients.messages import Acknowledgement, prepare_acknowledgement
from schemas.edxml.document import Organisation
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from schemas.receipt import AcceptanceReceipt, StepReceipt, read_receipt
from schemas.vocabulary import StatusCode, Step, TransportAcknowledgement
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.hub import Hub, running_hub
from tests.support.signed_pdf import LETTER
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    attachment,
    make_world,
)

POLLERS = 20
MESSAGES = 30


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


async def delivered(hub: Hub) -> str:
    """Send the letter with its PDF and wait until the province sees it."""
    message = hub.world.document(attachment(LETTER.read_bytes()))
    answer = await hub.post(message, by=hub.world.commune)
    assert answer.status == 201
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    return answer.headers["Location"]


async def test_envelope_is_accepted_with_a_receipt_that_verifies(hub: Hub) -> None:
    message = hub.world.document(attachment(LETTER.read_bytes()))
    answer = await hub.post(message, by=hub.world.commune)
    receipt = read_receipt(verify_receipt(parse(answer.body)).content)
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/xml"
    assert isinstance(receipt, AcceptanceReceipt)
    assert answer.headers["Location"] == f"/v1/envelopes/{receipt.envelope_id}"
    assert receipt.body_sha256 == message.body_sha256


async def test_same_envelope_again_gives_identical_bytes(hub: Hub) -> None:
    message = hub.world.document()
    first = await hub.post(message, by=hub.world.commune)
    again = await hub.post(message, by=hub.world.commune)
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]


async def test_same_envelope_sent_at_once_is_stored_once(hub: Hub) -> None:
    message = hub.world.document()
    posts = (hub.post(message, by=hub.world.commune) for _ in range(8))
    answers = await asyncio.gather(*posts)
    assert len({one.body for one in answers}) == 1
    assert sorted(one.status for one in answers) == [200] * 7 + [201]


async def test_body_comes_back_byte_for_byte_with_its_digest(hub: Hub) -> None:
    message = hub.world.document(attachment(LETTER.read_bytes()))
    location = (await hub.post(message, by=hub.world.commune)).headers["Location"]
    await hub.inbox(f"agency={MINISTRY}&wait=10", by=hub.world.ministry)
    answer = await hub.call("GET", location, by=hub.world.ministry)
    assert answer.body == message.body
    assert answer.headers["Content-Type"] == message.content_type
    assert answer.headers["Lienthong-Body-Sha256"] == message.body_sha256


async def test_attachment_is_saved_under_its_vietnamese_name(hub: Hub) -> None:
    path = f"{await delivered(hub)}/attachments/1"
    answer = await hub.call("GET", path, by=hub.world.province)
    assert answer.body == LETTER.read_bytes()
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="C_ng v_n 214.pdf"; '
        "filename*=UTF-8''C%C3%B4ng%20v%C4%83n%20214.pdf"
    )


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-25", slice(-25, None)),
        ("bytes=10-999999999", slice(10, None)),
    ],
)
async def test_range_gives_the_part_asked_for(
    hub: Hub, wanted: str, part: slice
) -> None:
    path = f"{await delivered(hub)}/attachments/1"
    answer = await hub.call(
        "GET", path, by=hub.world.province, headers={"Range": wanted}
    )
    content = LETTER.read_bytes()
    first = part.indices(len(content))[0]
    assert answer.status == 206
    assert answer.body == content[part]
    assert answer.headers["Content-Range"] == (
        f"bytes {first}-{first + len(answer.body) - 1}/{len(content)}"
    )


async def test_range_beyond_the_end_is_refused(hub: Hub) -> None:
    path = f"{await delivered(hub)}/attachments/1"
    answer = await hub.call(
        "GET", path, by=hub.world.province, headers={"Range": "bytes=9999999-"}
    )
    assert (answer.status, answer.code) == (416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{len(LETTER.read_bytes())}"


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "items=0-1", "bytes=9-3"])
async def test_other_range_is_answered_with_the_whole(hub: Hub, wanted: str) -> None:
    path = f"{await delivered(hub)}/attachments/1"
    answer = await hub.call(
        "GET", path, by=hub.world.province, headers={"Range": wanted}
    )
    assert (answer.status, len(answer.body)) == (200, LETTER.stat().st_size)


async def test_content_that_is_known_is_not_sent_again(hub: Hub) -> None:
    path = f"{await delivered(hub)}/attachments/1"
    first = await hub.call("GET", path, by=hub.world.province)
    again = await hub.call(
        "GET",
        path,
        by=hub.world.province,
        headers={"If-None-Match": first.headers["ETag"]},
    )
    assert (again.status, again.body) == (304, b"")


async def test_waiting_inbox_answers_as_soon_as_something_arrives(hub: Hub) -> None:
    query = f"agency={PROVINCE}&wait=30"
    waiting = asyncio.create_task(hub.inbox(query, by=hub.world.province))
    await asyncio.sleep(0.1)
    await hub.post(hub.world.document(), by=hub.world.commune)
    sent = perf_counter()
    page = await waiting
    assert len(page["items"]) == 1
    assert perf_counter() - sent < 15


async def test_twenty_pollers_each_see_every_message_once_in_order(hub: Hub) -> None:
    pollers = [asyncio.create_task(poll(hub)) for _ in range(POLLERS)]
    for number in range(MESSAGES):
        message = hub.world.document(subject=f"Văn bản {number}")
        assert (await hub.post(message, by=hub.world.commune)).status == 201
    seen = await asyncio.gather(*pollers)
    assert all(one == seen[0] for one in seen)
    assert len(seen[0]) == len(set(seen[0])) == MESSAGES


async def poll(hub: Hub) -> list[str]:
    """Follow the cursor of one inbox until every message was seen."""
    found: list[str] = []
    cursor = -1
    async with hub.session(hub.world.province) as session:
        while len(found) < MESSAGES:
            path = f"/v1/inbox?agency={PROVINCE}&after={cursor}&wait=20&limit=7"
            async with session.get(path) as answer:
                page = await answer.json()
            found += [one["id"] for one in page["items"]]
            cursor = page["next"]
    return found


async def test_inbox_item_says_what_the_contract_promises(hub: Hub) -> None:
    location = await delivered(hub)
    page = await hub.inbox(f"agency={PROVINCE}", by=hub.world.province)
    (item,) = page["items"]
    assert item["id"] == location.rsplit("/", 1)[1]
    assert (item["kind"], item["from"], item["state"]) == (
        "document",
        COMMUNE,
        "available",
    )
    assert (item["document_code"], item["attachments"]) == ("214/UBND-VHXH", 1)
    assert page["next"] == item["cursor"]


async def test_acknowledgement_of_the_system_is_answered_with_its_bytes(
    hub: Hub,
) -> None:
    location = await delivered(hub)
    envelope_id = EnvelopeId(location.rsplit("/", 1)[1])
    envelope = await hub.world.services.storage.envelopes.envelope(envelope_id)
    assert envelope is not None
    said = Acknowledgement(
        envelope_id=envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId("qlvb-h99"),
        state=TransportAcknowledgement.DONE,
    )
    content = prepare_acknowledgement(
        said, credential=hub.world.province, at=hub.world.clock.now
    )
    for status in (201, 200):
        answer = await hub.call(
            "POST",
            f"{location}/receipts?agency={PROVINCE}",
            by=hub.world.province,
            body=content,
            headers={"Content-Type": "application/xml"},
        )
        assert (answer.status, answer.body) == (status, content)


async def test_hub_attests_the_word_of_a_channel_peer(hub: Hub) -> None:
    to_channel = (Organisation(organ_id=FAR_COMMUNE),)
    message = hub.world.document(recipients=to_channel)
    location = (await hub.post(message, by=hub.world.commune)).headers["Location"]
    await hub.inbox(f"agency={FAR_COMMUNE}&wait=10", by=hub.world.channel)
    answer = await hub.call(
        "POST",
        f"{location}/receipts?agency={FAR_COMMUNE}",
        by=hub.world.channel,
        body=json.dumps({"state": "done", "description": "đã tải"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    verified = verify_receipt(parse(answer.body))
    receipt = read_receipt(verified.content)
    assert answer.status == 201
    assert verified.certificate == hub.world.services.hub.receipt.certificate
    assert isinstance(receipt, StepReceipt)
    assert (receipt.step, receipt.issuer) == (Step.TAKEN, "hub-1")


async def test_status_reaches_the_senders_inbox(hub: Hub) -> None:
    location = await delivered(hub)
    message = hub.world.status(StatusCode.REGISTERED)
    path = f"{location}/status"
    first = await hub.post(message, by=hub.world.province, path=path)
    again = await hub.post(message, by=hub.world.province, path=path)
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    page = await hub.inbox(f"agency={COMMUNE}&wait=10", by=hub.world.commune)
    (item,) = page["items"]
    assert (item["kind"], item["from"]) == ("status", PROVINCE)
    assert item["status_of"] == location.rsplit("/", 1)[1]


async def test_trace_shows_states_and_steps(hub: Hub) -> None:
    location = await delivered(hub)
    answer = await hub.call("GET", f"{location}/trace", by=hub.world.commune)
    assert [one["state"] for one in answer.json["deliveries"]] == ["available"] * 2
    assert [one["step"] for one in answer.json["steps"]] == ["delivered"]


async def test_preflight_names_every_reason_and_stores_nothing(hub: Hub) -> None:
    message = hub.world.document(
        subject="[MẬT] Về phòng thủ",
        recipients=(
            Organisation(organ_id=MINISTRY),
            Organisation(organ_id=OrganId("X7")),
        ),
    )
    path = "/v1/envelopes:preflight"
    answer = await hub.post(message, by=hub.world.commune, path=path)
    assert answer.status == 200
    assert answer.json["acceptable"] is False
    codes = [one["code"] for one in answer.json["reasons"]]
    assert codes == ["recipient_unknown", "secrecy_mark"]
    assert await hub.world.services.storage.envelopes.to_check(limit=1) == []


async def test_preflight_of_a_good_document_is_acceptable(hub: Hub) -> None:
    path = "/v1/envelopes:preflight"
    answer = await hub.post(hub.world.document(), by=hub.world.commune, path=path)
    found = answer.json
    assert (found["acceptable"], found["reasons"], found["notices"]) == (True, [], [])
    document = found["document"]
    assert (document["from"], document["kind"], document["evidence_level"]) == (
        COMMUNE,
        "22",
        "signed",
    )
    assert {one["agency"]: one["acceptable"] for one in document["recipients"]} == {
        PROVINCE: True,
        MINISTRY: True,
    }


async def test_directory_answers_under_both_codes(hub: Hub) -> None:
    agencies = await hub.call("GET", "/v1/agencies", by=hub.world.commune)
    assert [one["code"] for one in agencies.json["items"]][:2] == ["G22", "H99"]
    one = await hub.call("GET", "/v1/agencies/000.51.01.H99", by=hub.world.commune)
    assert one.json["code"] == COMMUNE
    other = await hub.call("GET", "/v1/agencies/X77", by=hub.world.commune)
    assert (other.status, other.code) == (404, "agency_unknown")


async def test_receipt_can_be_fetched_again(hub: Hub) -> None:
    first = await hub.post(hub.world.document(), by=hub.world.commune)
    path = f"{first.headers['Location']}/receipt"
    assert (await hub.call("GET", path, by=hub.world.commune)).body == first.body


async def test_description_names_every_call_once(hub: Hub) -> None:
    described = (await hub.call("GET", "/openapi.json", by=None)).json
    operations = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    ]
    assert described["openapi"] == "3.1.0"
    assert len(operations) == len(set(operations))
    assert "/v1/envelopes/{id}/attachments/{n}" in described["paths"]
