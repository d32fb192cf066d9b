"""What is no answer of the contract is the hub's fault, and nothing is made of it."""

import json
from pathlib import Path

import pytest
from aiohttp import web

from clients.directory import DirectoryCopy, follow
from clients.errors import ClientError
from schemas.errors import ErrorCode
from signing.validation.archive import write_bundle
from tests.support import receipts
from tests.unit.clients.test_agency import COMMUNE, ENVELOPE, ITEM, connected

BUNDLE = write_bundle({"manifest.xml": b"<manifest/>", "envelope.eml": b"a letter"})
TRACE = {
    "from": "H99",
    "accepted_at": "2026-01-01T00:00:00.000Z",
    "evidence_level": "signed",
    "deliveries": [],
    "steps": [],
}
LINE = {
    "id": receipts.ENVELOPE,
    "document_code": "",
    "agency": "H99",
    "state": "available",
    "accepted_at": "2026-01-01T00:00:00.000Z",
}


def said(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


async def test_evidence_is_the_bundle_that_the_hub_made(tmp_path: Path) -> None:
    async with connected(tmp_path, web.Response(body=BUNDLE)) as (client, _):
        assert await client.evidence(COMMUNE, ENVELOPE) == BUNDLE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>login</html>",
        BUNDLE[:-30],
        write_bundle({"letter.xml": b"<a/>"}),
        b"PK\x05\x06" + bytes(18),
    ],
    ids=["nothing", "a page", "cut off", "no manifest", "empty"],
)
async def test_what_is_no_bundle_is_no_evidence(tmp_path: Path, body: bytes) -> None:
    async with connected(tmp_path, web.Response(body=body)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.evidence(COMMUNE, ENVELOPE)

    assert caught.value.code is ErrorCode.ANSWER_MALFORMED


@pytest.mark.parametrize(
    "page",
    [
        '{"items": [], "next": Infinity}',
        json.dumps({"items": [{**ITEM, "cursor": "9" * 5000}], "next": 1}),
    ],
    ids=["infinite", "too long a number"],
)
async def test_cursor_that_is_no_number_is_the_hubs_fault(
    tmp_path: Path, page: str
) -> None:
    async with connected(tmp_path, said(page)) as (client, _):
        with pytest.raises(ClientError) as caught:
            await client.inbox(COMMUNE)

    assert caught.value.code is ErrorCode.ANSWER_MALFORMED


@pytest.mark.parametrize("time", ["yesterday", "9999-12-31T23:59:59.999Z"])
async def test_time_that_is_none_is_the_hubs_fault_and_not_the_senders(
    tmp_path: Path, time: str
) -> None:
    trace = json.dumps({**TRACE, "accepted_at": time})
    outbox = json.dumps({"items": [{**LINE, "accepted_at": time}], "next": ""})
    async with connected(tmp_path, said(trace), said(outbox)) as (client, _):
        with pytest.raises(ClientError) as of_trace:
            await client.trace(COMMUNE, ENVELOPE)
        with pytest.raises(ClientError) as of_outbox:
            await client.outbox(COMMUNE)

    assert of_trace.value.code is ErrorCode.ANSWER_MALFORMED
    assert of_outbox.value.code is ErrorCode.ANSWER_MALFORMED


async def test_line_of_an_outbox_is_of_texts(tmp_path: Path) -> None:
    odd = {"id": 1, "agency": 3, "state": None, "document_code": None}
    outbox = json.dumps({"items": [{**LINE, **odd}], "next": ""})
    async with connected(tmp_path, said(outbox)) as (client, _):
        (line,) = (await client.outbox(COMMUNE)).items

    texts = (line.envelope_id, line.agency, line.state, line.document_code)
    assert texts == ("1", "3", "None", "")


@pytest.mark.parametrize(
    "page",
    [
        {"items": [["code", "H99"]], "version": 1, "next": None},
        {"items": [1], "version": 1, "next": None},
        {"items": [{"code": "H99"}], "version": None, "next": None},
        {"items": [{"name": "H99"}], "version": 1, "next": None},
    ],
    ids=["a list", "a number", "no version", "no code"],
)
async def test_page_that_is_no_directory_is_the_hubs_fault(
    tmp_path: Path, page: object
) -> None:
    async with connected(tmp_path, said(json.dumps(page))) as (client, _):
        with pytest.raises(ClientError) as caught:
            await follow(client, DirectoryCopy())

    assert caught.value.code is ErrorCode.ANSWER_MALFORMED
