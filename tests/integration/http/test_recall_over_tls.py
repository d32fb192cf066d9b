"""A recall as connected systems see it, and as a bundle proves it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clients.messages import Message
from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    Organisation,
    Receiver,
)
from schemas.identifiers import DocumentId
from schemas.verdict import FileKind, Indication, Verdict
from schemas.vocabulary import BusinessType, StatusCode, Step
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.conversations import recalling, status_message, step_of
from tests.support.hub import Answer, Hub, running_hub
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    PROVINCE,
    make_world,
    material_of,
)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


async def delivered(hub: Hub) -> str:
    """Send a letter; return its path once the province has it in the inbox."""
    answer = await hub.post(hub.world.document(), by=hub.world.commune)
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    return answer.headers["Location"]


def request_of(hub: Hub) -> Message:
    return status_message(
        hub.world, StatusCode.RECALL_REQUESTED, COMMUNE, reason="Sai thẩm quyền"
    )


async def in_words(hub: Hub, path: str, body: object) -> Answer:
    return await hub.call(
        "POST",
        f"{path}/recall",
        by=hub.world.channel,
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )


def judged(hub: Hub, bundle: bytes) -> Verdict:
    material = material_of(hub.world.pki)
    return judge_bundle(bundle, material=material, at=None, judge_pdf=judge_pdf)


async def test_signed_request_blocks_reading_until_it_is_declined(hub: Hub) -> None:
    path = await delivered(hub)
    read = await hub.call("GET", path, by=hub.world.province)
    first = await hub.post(request_of(hub), by=hub.world.commune, path=f"{path}/recall")
    blocked = await hub.call("GET", path, by=hub.world.province)
    page = await hub.inbox(f"agency={PROVINCE}&after=1&wait=10", by=hub.world.province)
    answer = status_message(hub.world, StatusCode.DECLINED, reason="Đã ban hành")
    declined = await hub.post(answer, by=hub.world.province, path=f"{path}/status")
    again = await hub.call("GET", path, by=hub.world.province)
    statuses = [one.status for one in (read, first, declined, again)]
    assert statuses == [200, 201, 201, 200]
    assert (blocked.status, blocked.json["code"]) == (409, "document_recalled")
    request = step_of(first.body).status_envelope_id
    assert blocked.json["place"] == request
    items = {one["id"]: one for one in page["items"]}
    assert request in items
    trace = (await hub.call("GET", f"{path}/trace", by=hub.world.commune)).json
    (asked,) = [one for one in trace["deliveries"] if one["agency"] == PROVINCE]
    assert asked["recall"] == {"request": request, "answer": "16"}
    assert asked["opened"]


async def test_evidence_of_a_recall_passes_with_the_root_alone(hub: Hub) -> None:
    path = await delivered(hub)
    await hub.call("GET", path, by=hub.world.province)
    await hub.post(request_of(hub), by=hub.world.commune, path=f"{path}/recall")
    answer = status_message(hub.world, StatusCode.AGREED)
    await hub.post(answer, by=hub.world.province, path=f"{path}/status")
    bundle = await hub.call("GET", f"{path}/evidence", by=hub.world.commune)
    verdict = judged(hub, bundle.body)
    assert (verdict.indication, verdict.reasons) == (Indication.TOTAL_PASSED, ())
    kinds = [one.kind for one in verdict.parts]
    assert kinds.count(FileKind.STATUS) == 2
    refused = await hub.call("GET", f"{path}/evidence", by=hub.world.province)
    assert (refused.status, refused.json["code"]) == (409, "document_recalled")


async def test_evidence_holds_the_steps_of_a_recipient_added_later(hub: Hub) -> None:
    path = await delivered(hub)
    change = Receiver(organ_id=FAR_COMMUNE, receiver_type=0)
    business = Business(
        business_type=BusinessType.UPDATE,
        document_id=DOCUMENT_ID,
        document_info=BusinessDocumentInfo(receivers=(change,)),
    )
    message = recalling(hub.world, business, document_id=DocumentId("cap-nhat"))
    await hub.post(message, by=hub.world.commune)
    await hub.inbox(f"agency={FAR_COMMUNE}&wait=10", by=hub.world.channel)
    taken = await hub.call(
        "POST",
        f"{path}/receipts?agency={FAR_COMMUNE}",
        by=hub.world.channel,
        body=b'{"state": "done"}',
        headers={"Content-Type": "application/json"},
    )
    bundle = await hub.call("GET", f"{path}/evidence", by=hub.world.commune)
    verdict = judged(hub, bundle.body)
    assert (taken.status, bundle.status) == (201, 200)
    assert (verdict.indication, verdict.reasons) == (Indication.TOTAL_PASSED, ())


async def test_channel_peer_asks_in_words(hub: Hub) -> None:
    message = hub.world.document(
        signed=False, sender=Organisation(organ_id=FAR_COMMUNE)
    )
    sent = await hub.post(message, by=hub.world.channel)
    path = sent.headers["Location"]
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    words = {"reason": "Gửi nhầm", "recipient": PROVINCE}
    first = await in_words(hub, path, words)
    again = await in_words(hub, path, words)
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    receipt = step_of(first.body)
    assert (receipt.step, receipt.recipient) == (Step.RECALL_REQUESTED, PROVINCE)
    trace = (await hub.call("GET", f"{path}/trace", by=hub.world.channel)).json
    states = {one["agency"]: one["state"] for one in trace["deliveries"]}
    assert states == {PROVINCE: "recalled", "G22": "available"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ([], "reason"),
        ({"reason": "x", "recipient": 1}, "recipient"),
    ],
    ids=["none", "blank", "long", "list", "number"],
)
async def test_odd_words_are_refused(hub: Hub, body: object, place: str) -> None:
    path = await delivered(hub)
    answer = await in_words(hub, path, body)
    assert (answer.status, answer.json["code"]) == (400, "request_invalid")
    assert answer.json["place"] == place


async def test_signing_peer_may_not_ask_in_words(hub: Hub) -> None:
    path = await delivered(hub)
    answer = await hub.call(
        "POST",
        f"{path}/recall",
        by=hub.world.commune,
        body=b'{"reason": "x"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.json["code"] == "signature_missing"
    assert (await hub.call("GET", path, by=hub.world.province)).status == 200


async def test_only_a_recall_comes_in_as_one(hub: Hub) -> None:
    path = await delivered(hub)
    registered = status_message(hub.world, StatusCode.REGISTERED)
    wrong = await hub.post(registered, by=hub.world.province, path=f"{path}/recall")
    theirs = status_message(hub.world, StatusCode.RECALL_REQUESTED)
    other = await hub.post(theirs, by=hub.world.province, path=f"{path}/recall")
    stranger = await in_words(hub, path, {"reason": "x"})
    codes = [one.json["code"] for one in (wrong, other, stranger)]
    assert codes == ["status_not_allowed", "status_actor_wrong", "envelope_not_found"]
