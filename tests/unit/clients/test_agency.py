"""A client believes a hub's receipt only about its own bytes, and only when signed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web

from clients.agency import AgencyClient
from clients.answers import Fetched
from clients.errors import ClientError, RefusedError
from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
)
from clients.transport import RetryPolicy, Transport
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.preflight import write_preflight
from schemas.receipt import AcceptanceReceipt, StepReceipt
from schemas.vocabulary import EnvelopeKind, TransportAcknowledgement
from schemas.xml import serialize
from signing.xmldsig.sign import sign_receipt
from tests.support import receipts
from tests.support.pki import NOW, TestPki
from tests.support.receipts import write_acceptance, write_step
from tests.support.scripted_hub import ScriptedHub, refused, scripted_hub

PKI = TestPki.create()
HUB = PKI.receipt()
SYSTEM = PKI.system()
MESSAGE = Message(
    message_id=MessageId("sha256-0001"), content_type="application/xml", body=b"<a/>"
)
ENVELOPE = receipts.ENVELOPE
COMMUNE = OrganId("H99.151")
OTHER_AGENCY = OrganId("H99.152")
OTHER_ID = EnvelopeId("01JD6Q3V5W8X9YZ0ABCDEFGHJN")


@asynccontextmanager
async def connected(
    folder: Path, *answers: web.Response
) -> AsyncIterator[tuple[AgencyClient, ScriptedHub]]:
    async with scripted_hub(folder, PKI) as hub:
        hub.answers = list(answers)
        once = RetryPolicy(attempts=1, timeout=5)
        async with Transport(hub.address, retry=once) as transport:
            client = AgencyClient(transport, trust=PKI.material(), clock=lambda: NOW)
            yield client, hub


def accepted(**changes: object) -> AcceptanceReceipt:
    """The receipt an honest hub gives for MESSAGE, but for `changes`."""
    honest = replace(
        receipts.acceptance(),
        message_id=MESSAGE.message_id,
        body_sha256=MESSAGE.body_sha256,
        body_size=len(MESSAGE.body),
        accepted_at=NOW,
    )
    return replace(honest, **changes)  # type: ignore[arg-type]  # by field name


def signed(receipt: AcceptanceReceipt | StepReceipt, by: Credential = HUB) -> bytes:
    root = (
        write_acceptance(receipt)
        if isinstance(receipt, AcceptanceReceipt)
        else write_step(receipt)
    )
    return sign_receipt(root, credential=by, at=NOW)


def answer(body: bytes, status: int = 201) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/xml")


def acknowledgement(
    envelope: EnvelopeId = ENVELOPE, recipient: OrganId = COMMUNE
) -> bytes:
    return prepare_acknowledgement(
        Acknowledgement(
            envelope_id=envelope,
            body_sha256="0a" * 32,
            recipient=recipient,
            system_id=SystemId("qlvb-h99-151"),
            state=TransportAcknowledgement.DONE,
        ),
        credential=SYSTEM,
        at=NOW,
    )


async def test_receipt_about_the_message_is_believed(tmp_path: Path) -> None:
    receipt = signed(accepted())

    async with connected(tmp_path, answer(receipt)) as (client, hub):
        sent = await client.send(MESSAGE)

    assert (sent.envelope_id, sent.receipt) == (ENVELOPE, receipt)
    assert hub.bodies == [MESSAGE.body]


async def test_answer_before_sending_is_believed_about_the_message_alone(
    tmp_path: Path,
) -> None:
    honest = replace(receipts.preflight(), body_sha256=MESSAGE.body_sha256)
    words = [
        sign_receipt(write_preflight(one), credential=by, at=NOW)
        for one, by in (
            (honest, HUB),
            (replace(honest, body_sha256="0b" * 32), HUB),
            (honest, PKI.system()),
        )
    ]
    believed: list[tuple[bool, str | None]] = []
    for word in words:
        async with connected(tmp_path, web.Response(body=word)) as (client, _):
            try:
                found = await client.preflight(MESSAGE)
            except ClientError as error:
                believed.append((False, error.place))
            else:
                believed.append((found.content == word, found.answer.sender))
    assert believed == [
        (True, honest.sender),
        (False, "BodySha256"),
        (False, "PreflightAnswer"),
    ]


async def test_repeat_is_answered_by_the_first_receipt(tmp_path: Path) -> None:
    receipt = signed(accepted())
    answers = (answer(receipt), answer(receipt, status=200))

    async with connected(tmp_path, *answers) as (client, _):
        first = await client.send(MESSAGE)
        second = await client.send(MESSAGE)

    assert first == second


FALSE = {
    "another digest": signed(accepted(body_sha256="0b" * 32)),
    "another size": signed(accepted(body_size=5)),
    "another message": signed(accepted(message_id=MessageId("sha256-0002"))),
    "unsigned": serialize(write_acceptance(accepted())),
    "a system's key": signed(accepted(), by=SYSTEM),
    "the log's key": signed(accepted(), by=PKI.log()),
    "an untrusted root": signed(accepted(), by=TestPki.create("Khác").receipt()),
    "changed after signing": signed(accepted()).replace(b"hub-1", b"hub-2"),
    "cut short": signed(accepted())[:-20],
    "a step receipt": signed(replace(receipts.step(), at=NOW)),
    "empty": b"",
    "no XML": b"<html>OK</html>",
}


@pytest.mark.parametrize("why", FALSE)
async def test_false_receipt_is_not_believed(tmp_path: Path, why: str) -> None:
    async with connected(tmp_path, answer(FALSE[why])) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.send(MESSAGE)

    assert caught.value.code is ErrorCode.RECEIPT_MISMATCH


async def test_receipt_of_a_revoked_hub_key_is_not_believed(tmp_path: Path) -> None:
    pki = TestPki.create()
    hub_key = pki.receipt()
    pki.issuing.revoke(hub_key.certificate)
    receipt = signed(accepted(), by=hub_key)

    async with scripted_hub(tmp_path, pki) as hub:
        hub.answers = [answer(receipt)]
        async with Transport(hub.address) as transport:
            client = AgencyClient(transport, trust=pki.material(), clock=lambda: NOW)
            with pytest.raises(ClientError) as caught:
                await client.send(MESSAGE)

    assert caught.value.code is ErrorCode.RECEIPT_MISMATCH


def envelope_answer(body: bytes, digest: str | None) -> web.Response:
    headers = {"Lienthong-Body-Sha256": digest} if digest else {}
    return web.Response(body=body, headers=headers, content_type="application/xml")


async def test_fetched_envelope_is_what_the_hub_names(tmp_path: Path) -> None:
    digest = sha256(b"<a/>").hexdigest()

    async with connected(tmp_path, envelope_answer(b"<a/>", digest)) as (client, _):
        fetched = await client.fetch(ENVELOPE)

    assert (fetched.body, fetched.body_sha256) == (b"<a/>", digest)
    assert fetched.content_type == "application/xml"


@pytest.mark.parametrize("digest", [None, "0a" * 32, ""])
async def test_fetched_envelope_of_another_digest_is_refused(
    tmp_path: Path, digest: str | None
) -> None:
    async with connected(tmp_path, envelope_answer(b"<a/>", digest)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.fetch(ENVELOPE)

    assert caught.value.code is ErrorCode.DOCUMENT_DIGEST_MISMATCH


FETCHED = Fetched("application/xml", MESSAGE.body_sha256, MESSAGE.body)
STATUS = replace(
    receipts.step(),
    at=NOW,
    status_envelope_id=ENVELOPE,
    status_body_sha256=MESSAGE.body_sha256,
)


@pytest.mark.parametrize("receipt", [accepted(), STATUS], ids=["document", "status"])
async def test_receipt_about_what_was_fetched_is_believed(
    tmp_path: Path, receipt: AcceptanceReceipt | StepReceipt
) -> None:
    async with connected(tmp_path, answer(signed(receipt))) as (client, _):
        await client.require_accepted(ENVELOPE, FETCHED)


@pytest.mark.parametrize(
    "receipt",
    [
        accepted(body_sha256="0b" * 32),
        accepted(envelope_id=OTHER_ID),
        replace(STATUS, status_body_sha256="0b" * 32),
        replace(STATUS, status_envelope_id=OTHER_ID),
        replace(STATUS, envelope_id=ENVELOPE, status_envelope_id=OTHER_ID),
    ],
)
async def test_receipt_about_something_else_is_refused(
    tmp_path: Path, receipt: AcceptanceReceipt | StepReceipt
) -> None:
    async with connected(tmp_path, answer(signed(receipt))) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.require_accepted(ENVELOPE, FETCHED)

    assert caught.value.code is ErrorCode.RECEIPT_MISMATCH


async def test_acknowledgement_is_stored_as_it_was_signed(tmp_path: Path) -> None:
    said = acknowledgement()

    async with connected(tmp_path, answer(said)) as (client, hub):
        stored = await client.acknowledge(COMMUNE, ENVELOPE, said)

    assert stored == said
    assert hub.bodies == [said]


async def test_late_acknowledgement_gets_the_one_stored_first(tmp_path: Path) -> None:
    first, late = acknowledgement(), acknowledgement()

    async with connected(tmp_path, answer(first, status=200)) as (client, _):
        stored = await client.acknowledge(COMMUNE, ENVELOPE, late)

    assert stored == first
    assert stored != late


async def test_system_acknowledges_for_another_agency_it_acts_for(
    tmp_path: Path,
) -> None:
    first, again = (acknowledgement(recipient=OTHER_AGENCY) for _ in range(2))

    answers = answer(first), answer(first, status=200)
    async with connected(tmp_path, *answers) as (client, _):
        stored = [
            await client.acknowledge(OTHER_AGENCY, ENVELOPE, said)
            for said in (first, again)
        ]

    assert stored == [first, first]


@pytest.mark.parametrize(
    ("stored", "status"),
    [
        (acknowledgement(), 201),
        (acknowledgement(OTHER_ID), 200),
        (acknowledgement(recipient=OTHER_AGENCY), 200),
        (signed(accepted()), 200),
        (b"<a/>", 200),
    ],
    ids=[
        "another's",
        "of another envelope",
        "of another agency",
        "no step",
        "nonsense",
    ],
)
async def test_false_answer_to_an_acknowledgement_is_refused(
    tmp_path: Path, stored: bytes, status: int
) -> None:
    said = acknowledgement()

    async with connected(tmp_path, answer(stored, status)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.acknowledge(COMMUNE, ENVELOPE, said)

    assert caught.value.code is ErrorCode.RECEIPT_MISMATCH


async def test_status_is_done_with_the_hubs_receipt_about_it(tmp_path: Path) -> None:
    receipt = signed(STATUS)

    async with connected(tmp_path, answer(receipt)) as (client, _):
        assert await client.report_status(ENVELOPE, MESSAGE) == receipt


async def test_successor_names_the_closed_agency_it_reports_for(tmp_path: Path) -> None:
    answers = (answer(signed(STATUS)), answer(signed(STATUS)))

    async with connected(tmp_path, *answers) as (client, hub):
        await client.report_status(ENVELOPE, MESSAGE, agency=COMMUNE)
        await client.report_status(ENVELOPE, MESSAGE)

    assert hub.asked == [f"agency={COMMUNE}", ""]


async def test_status_reported_before_gets_the_receipt_of_then(tmp_path: Path) -> None:
    earlier = signed(replace(STATUS, status_body_sha256="0b" * 32))

    async with connected(tmp_path, answer(earlier, status=200)) as (client, _):
        assert await client.report_status(ENVELOPE, MESSAGE) == earlier


@pytest.mark.parametrize(
    "receipt",
    [
        signed(replace(STATUS, status_body_sha256="0b" * 32)),
        signed(replace(STATUS, envelope_id=OTHER_ID)),
        signed(accepted(kind=EnvelopeKind.STATUS)),
        signed(STATUS, by=PKI.log()),
    ],
    ids=["another status", "another envelope", "no step", "another key"],
)
async def test_false_receipt_of_a_status_is_refused(
    tmp_path: Path, receipt: bytes
) -> None:
    async with connected(tmp_path, answer(receipt)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.report_status(ENVELOPE, MESSAGE)

    assert caught.value.code is ErrorCode.RECEIPT_MISMATCH


def as_json(fields: object) -> web.Response:
    return web.Response(body=json.dumps(fields), content_type="application/json")


ITEM = {
    "cursor": 7,
    "agency": COMMUNE,
    "id": ENVELOPE,
    "kind": "document",
    "from": "H99.151",
    "subject": "V/v",
    "document_code": "214/UBND",
    "status_of": None,
    "state": "available",
    "attachments": 1,
    "a field of a newer hub": True,
}


async def test_inbox_page_is_read_with_its_cursor(tmp_path: Path) -> None:
    page = as_json({"items": [ITEM], "next": 7})

    async with connected(tmp_path, page) as (client, _):
        read = await client.inbox(COMMUNE)

    (item,) = read.items
    assert (item.envelope_id, item.sender, item.status_of) == (ENVELOPE, COMMUNE, None)
    assert read.cursor == 7


async def test_stream_that_breaks_within_a_cursor_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    other = {**ITEM, "agency": OTHER_AGENCY}
    event = f"event: item\ndata: {json.dumps(ITEM)}\n\n"
    answers = (
        as_json({"items": [], "next": 6}),
        web.Response(text=event, content_type="text/event-stream"),
        as_json({"items": [ITEM, other], "next": 7}),
    )

    async with connected(tmp_path, *answers) as (client, hub):
        following = client.follow(None)
        seen = [await anext(following), await anext(following)]

    assert [one.agency for one in seen] == [COMMUNE, OTHER_AGENCY]
    assert [one.split("&")[0] for one in hub.asked] == [
        "after=-1",
        "after=6",
        "after=6",
    ]


async def test_who_follows_a_hub_that_was_restored_goes_on_where_it_says(
    tmp_path: Path,
) -> None:
    items = [{**ITEM, "cursor": cursor} for cursor in (9, 4, 5)]
    answers = [as_json({"items": [one], "next": one["cursor"]}) for one in items]

    async with connected(tmp_path, *answers) as (client, hub):
        following = client.follow(COMMUNE)
        seen = [(await anext(following)).cursor for _ in answers]

    assert seen == [9, 4, 5]
    asked = [one.partition("after=")[2].partition("&")[0] for one in hub.asked]
    assert asked == ["-1", "9", "4"]


async def test_who_follows_a_hub_whose_backup_ended_between_two_letters_misses_nothing(
    tmp_path: Path,
) -> None:
    def letter(number: int, cursor: int) -> dict[str, object]:
        return {**ITEM, "cursor": cursor, "id": f"{ENVELOPE[:-1]}{number}"}

    before = [letter(1, 5), letter(2, 9)]
    # Of the log as it was restored the first is left, and more came to the old places.
    since = [letter(3, 7), letter(4, 8), letter(5, 9), letter(6, 10)]
    events = (f"event: item\ndata: {json.dumps(one)}\n\n" for one in before)
    answers = (
        as_json({"items": [], "next": 3}),
        web.Response(text="".join(events), content_type="text/event-stream"),
        as_json({"items": since, "next": 10}),
    )

    async with connected(tmp_path, *answers) as (client, _):
        following = client.follow(COMMUNE)
        seen = [(await anext(following)).envelope_id for _ in (*before, *since)]

    assert [one[-1] for one in seen] == list("123456")


async def test_letters_of_an_agency_that_came_along_double_nothing(
    tmp_path: Path,
) -> None:
    newest = {**ITEM, "cursor": 9}
    other = {**ITEM, "cursor": 7, "agency": OTHER_AGENCY}
    events = (
        f"event: item\ndata: {json.dumps(one)}\n\n"
        for one in ({**ITEM, "cursor": 5}, newest)
    )
    later = {**ITEM, "cursor": 11}
    answers = (
        as_json({"items": [], "next": 3}),
        web.Response(text="".join(events), content_type="text/event-stream"),
        as_json({"items": [other, newest, later], "next": 11}),
    )

    async with connected(tmp_path, *answers) as (client, _):
        following = client.follow(None)
        seen = [(await anext(following)).cursor for _ in range(4)]

    assert seen == [5, 9, 7, 11]


@pytest.mark.parametrize(
    "fields",
    [
        [],
        {},
        {"items": 3, "next": 1},
        {"items": [{}], "next": 1},
        {"items": [], "next": "later"},
        {"items": [{**ITEM, "cursor": "x"}], "next": 1},
    ],
)
async def test_answer_that_is_no_inbox_is_the_hubs_fault(
    tmp_path: Path, fields: object
) -> None:
    async with connected(tmp_path, as_json(fields)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.inbox(COMMUNE)

    assert caught.value.code is ErrorCode.ANSWER_MALFORMED


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"from": 1}', b"\xff"])
async def test_answer_that_is_no_trace_is_the_hubs_fault(
    tmp_path: Path, body: bytes
) -> None:
    async with connected(tmp_path, web.Response(body=body)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.trace(COMMUNE, ENVELOPE)

    assert caught.value.code is ErrorCode.ANSWER_MALFORMED


@pytest.mark.parametrize(
    ("status", "is_about_message"),
    [
        *((status, True) for status in (400, 409, 413, 415, 422)),
        *((status, False) for status in (401, 403, 404, 500)),
    ],
)
async def test_refusal_tells_whether_the_message_is_at_fault(
    tmp_path: Path, status: int, is_about_message: bool
) -> None:
    refusal = refused("recipient_unknown", status=status)
    async with connected(tmp_path, refusal) as (client, _):
        with pytest.raises(RefusedError) as caught:
            await client.send(MESSAGE)

    assert caught.value.is_about_message is is_about_message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<html>400 The SSL certificate error", "text/html"),
        ('{"code": "900902", "message": "Schema"}', "application/json"),
        ('{"title": "Bad Request"}', "application/problem+json"),
    ],
    ids=["a page", "a gateway", "a problem of another"],
)
@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
async def test_refusal_that_is_not_in_the_hubs_words_is_of_no_message(
    tmp_path: Path, status: int, text: str, kind: str
) -> None:
    page = web.Response(status=status, text=text, content_type=kind)
    async with connected(tmp_path, page) as (client, _):
        with pytest.raises(RefusedError) as caught:
            await client.send(MESSAGE)

    assert not caught.value.is_about_message
    assert caught.value.code is ErrorCode.ANSWER_MALFORMED
    assert caught.value.place == f"HTTP {status}"
