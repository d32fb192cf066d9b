"""`POST /v1/verify`: the verdict on a file, in the form that was asked for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from schemas.render import verdict_to_json
from signing.api import verify_data
from tests.support.etsi_schema import departure
from tests.support.hub import Answer, Hub, running_hub
from tests.support.signed_pdf import LETTER, sign
from tests.support.world import CrashingPdfs, attachment, make_world


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


def signed(hub: Hub) -> bytes:
    return sign(LETTER.read_bytes(), hub.world.pki.person())


async def verify(
    hub: Hub,
    data: bytes,
    *,
    accept: str = "*/*",
    content_type: str = "application/octet-stream",
    query: str = "",
) -> Answer:
    headers = {"Accept": accept, "Content-Type": content_type}
    return await hub.call(
        *("POST", f"/v1/verify{query}"),
        by=hub.world.ministry,
        body=BytesIO(data),
        headers=headers,
    )


async def test_verdict_is_that_of_the_command_line(hub: Hub) -> None:
    data = signed(hub)
    world = hub.world
    expected = verify_data(
        data, material=world.services.trust.material, at=world.services.now()
    )
    for one in (data, data[:-900], data.replace(b"/Type", b"/Tipe", 1), b"text"):
        answer = await verify(hub, one)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/json"
    assert (await verify(hub, data)).json == verdict_to_json(expected)
    assert (await verify(hub, data[:-900])).json["indication"] == "TOTAL-FAILED"


async def test_message_is_judged_by_the_content_type_of_the_request(hub: Hub) -> None:
    message = hub.world.document(attachment(signed(hub)))
    answer = await verify(hub, message.body, content_type=message.content_type)
    assert answer.json["kind"] == "envelope"
    assert answer.json["indication"] == "TOTAL-PASSED"
    assert [one["kind"] for one in answer.json["parts"]] == ["pdf"]


async def test_odd_content_type_is_no_fault_of_the_hub(hub: Hub) -> None:
    odd = 'multipart/related; boundary="đường"; x=\udcff'
    answer = await verify(hub, b"--x--", content_type=odd)
    assert (answer.status, answer.json["indication"]) == (200, "TOTAL-FAILED")


async def test_etsi_report_is_given_to_who_takes_xml(hub: Hub) -> None:
    answer = await verify(hub, signed(hub), accept="application/xml")
    assert answer.headers["Content-Type"] == "application/xml"
    assert departure(answer.body) is None
    assert b"mainindication:total-passed" in answer.body


@pytest.mark.parametrize(
    ("query", "words"), [("", "HỢP LỆ: chữ ký số đúng"), ("?lang=en", "VALID: the")]
)
async def test_page_is_given_to_who_takes_html(
    hub: Hub, query: str, words: str
) -> None:
    answer = await verify(hub, signed(hub), accept="text/html", query=query)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert words in answer.body.decode()


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html;q=0, application/json", "application/json"),
        ("image/png", "application/json"),
        ("text/html, application/xml", "text/html; charset=utf-8"),
    ],
)
async def test_first_form_that_is_taken_is_given(
    hub: Hub, accept: str, expected: str
) -> None:
    answer = await verify(hub, b"text", accept=accept)
    assert answer.headers["Content-Type"] == expected


async def test_empty_and_too_large_files_are_refused(hub: Hub) -> None:
    limits = replace(hub.world.services.limits, pdf_bytes=1000)
    world = replace(hub.world, services=replace(hub.world.services, limits=limits))
    assert (await verify(hub, b"")).code == "body_empty"
    async with running_hub(world, hub.folder) as small:
        announced = await verify(small, bytes(1001))
        assert (announced.status, announced.code) == (413, "body_too_large")
        streamed = await small.call(
            "POST", "/v1/verify", by=world.ministry, body=_pieces(300, 4)
        )
        assert (streamed.status, streamed.code) == (413, "body_too_large")


async def test_caller_without_a_certificate_is_refused(hub: Hub) -> None:
    answer = await hub.call("POST", "/v1/verify", by=None, body=BytesIO(b"x"))
    assert (answer.status, answer.code) == (401, "client_certificate_missing")


async def test_file_that_breaks_its_worker_is_a_verdict(hub: Hub) -> None:
    async with running_hub(hub.world.with_pdfs(CrashingPdfs()), hub.folder) as broken:
        answer = await verify(broken, b"%PDF-1.7")
    assert (answer.status, answer.json["indication"]) == (200, "INDETERMINATE")
    assert [one["code"] for one in answer.json["reasons"]] == ["parser_failed"]


async def test_description_names_the_forms(hub: Hub) -> None:
    described = await hub.call("GET", "/openapi.json", by=None)
    content = described.json["paths"]["/v1/verify"]["post"]["responses"]["200"]
    assert list(content["content"]) == [
        *("application/json", "application/xml", "text/html"),
    ]


async def _pieces(size: int, number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield bytes(size)
