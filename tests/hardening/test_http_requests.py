"""Requests that no honest client sends, on the real listener."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from exchange.settings.limits import LimitSettings
from tests.support.cpu import soon
from tests.support.hub import Hub, running_hub
from tests.support.raw_http import exchange, raw, request
from tests.support.world import (
    COMMUNE,
    PROVINCE,
    make_world,
    note,
)

LIMITS = LimitSettings(
    body_bytes=300_000,
    small_body_bytes=10_000,
    concurrent_intakes=3,
    idle_seconds=0.6,
    transfer_seconds=60,
)
MARK = b"NOI-DUNG-RIENG-7391"
XML = "Content-Type: application/xml"
HALF = "\ud800"
"""Of a surrogate pair: JSON can spell it, no encoding of Unicode has it."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(limits=LIMITS), tmp_path) as running:
        yield running


async def still_answers(hub: Hub) -> bool:
    answer = await hub.call("GET", "/health/live", by=None)
    return answer.status == 200


async def trickle(
    head: bytes, piece: bytes, *, pause: float = 0.1
) -> AsyncIterator[bytes]:
    """Send a head, then a little for ever."""
    yield head
    while True:
        await asyncio.sleep(pause)
        yield piece


class TestSlowness:
    @pytest.mark.parametrize("piece", [b"", b"X-A: b\r\n"], ids=["stalled", "drip"])
    async def test_of_headers_ends_the_connection(self, hub: Hub, piece: bytes) -> None:
        slow = trickle(b"GET /v1/agencies HTTP/1.1\r\nHost: hub\r\n", piece)
        answer = await exchange(hub, slow, by=hub.world.commune)

        assert (answer.data, answer.closed) == (b"", True)
        assert await still_answers(hub)

    async def test_of_a_connection_that_says_nothing_ends_it(self, hub: Hub) -> None:
        answer = await exchange(hub, trickle(b"", b""), by=None)

        assert (answer.data, answer.closed) == (b"", True)

    async def test_of_a_body_that_drips_is_refused(self, hub: Hub) -> None:
        head = request("POST", "/v1/envelopes", XML, "Content-Length: 100000")
        slow = trickle(head, b" ", pause=0.1)
        answer = await exchange(hub, slow, by=hub.world.commune)

        assert answer.status == 408
        assert b"request_timeout" in answer.data

    async def test_does_not_end_a_connection_that_is_kept_alive(self, hub: Hub) -> None:
        async with hub.session(hub.world.commune) as session:
            for _ in range(2):
                async with session.get("/v1/agencies") as answer:
                    assert answer.status == 200
                await asyncio.sleep(2 * LIMITS.idle_seconds)

    async def test_of_an_inbox_that_waits_is_no_reason_to_close(self, hub: Hub) -> None:
        path = f"/v1/inbox?agency={PROVINCE}&wait=2"
        answer = await hub.call("GET", path, by=hub.world.province)

        assert (answer.status, answer.json["items"]) == (200, [])


class TestLength:
    async def test_that_promises_more_than_comes_is_refused(self, hub: Hub) -> None:
        sent = request("POST", "/v1/envelopes", XML, "Content-Length: 50", body=b"<a/>")
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status == 408

    async def test_that_promises_less_does_not_smuggle_a_request(
        self, hub: Hub
    ) -> None:
        inner = request("GET", "/v1/agencies")
        head = b"POST /v1/envelopes HTTP/1.1\r\nHost: hub\r\n"
        sent = head + f"{XML}\r\nContent-Length: 4\r\n\r\n<a/>".encode() + inner
        answer = await raw(hub, sent, by=hub.world.commune)

        # Pipelined by the same authenticated peer, the second is its own request.
        assert answer.status == 422
        assert answer.data.count(b"HTTP/1.1 ") <= 2

    @pytest.mark.parametrize(
        "headers",
        [
            ("Content-Length: -1",),
            ("Content-Length: +4",),
            ("Content-Length: 4, 5",),
            ("Content-Length: 4", "Content-Length: 5"),
            ("Content-Length: 0x4",),
            ("Content-Length: 4", "Transfer-Encoding: chunked"),
            ("Transfer-Encoding: chunked, identity",),
            ("Transfer-Encoding: xchunked",),
            ("Content-Length: ４",),
        ],
    )
    async def test_that_could_be_read_in_two_ways_is_refused(
        self,
        hub: Hub,
        caplog: pytest.LogCaptureFixture,
        headers: tuple[str, ...],
    ) -> None:
        body = MARK + b"\r\n0\r\n\r\n"
        sent = request("POST", "/v1/envelopes", XML, *headers, body=body)
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status == 400
        assert b'"code": "request_invalid"' in answer.data
        assert MARK not in answer.data
        assert MARK.decode() not in caplog.text
        assert await still_answers(hub)

    @pytest.mark.parametrize(
        "chunks",
        [
            b"FFFFFFFFFFFFFFFFFF\r\nabc",
            b"-4\r\n<a/>\r\n0\r\n\r\n",
            b"4;" + b"x" * 20_000 + b"\r\n<a/>\r\n0\r\n\r\n",
            b"zz\r\n<a/>\r\n0\r\n\r\n",
            b"4\r\n<a/>XX0\r\n\r\n",
        ],
        ids=["huge", "negative", "extension", "letters", "overrun"],
    )
    async def test_of_a_chunk_that_is_malformed_is_refused(
        self, hub: Hub, chunks: bytes
    ) -> None:
        sent = request(
            "POST", "/v1/envelopes", XML, "Transfer-Encoding: chunked", body=chunks
        )
        answer = await raw(hub, sent, by=hub.world.commune)

        assert not answer.data or 400 <= answer.status < 500
        assert b"Traceback" not in answer.data
        assert await still_answers(hub)

    async def test_of_endless_chunks_ends_at_the_limit(self, hub: Hub) -> None:
        head = request("POST", "/v1/envelopes", XML, "Transfer-Encoding: chunked")
        chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        answer = await exchange(
            hub, trickle(head, chunk, pause=0), by=hub.world.commune
        )

        assert answer.status in {413, 422}
        assert await still_answers(hub)


class TestHeaders:
    @pytest.mark.parametrize(
        "headers",
        [
            tuple(f"X-{number}: a" for number in range(5000)),
            ("X-Long: " + "a" * 100_000,),
            ("X-Fold: a", " folded"),
            ("X Space: a",),
            ("X-Null: a\x00b",),
            ("Range: bytes=" + ",".join(f"{one}-{one}" for one in range(5000)),),
        ],
        ids=["many", "long", "folded", "space", "null", "ranges"],
    )
    async def test_out_of_bounds_are_refused_without_a_word_of_theirs(
        self, hub: Hub, headers: tuple[str, ...]
    ) -> None:
        sent = request("GET", f"/v1/agencies?x={MARK.decode()}", *headers)
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status == 400
        assert b'"code": "request_invalid"' in answer.data
        assert b"aaaa" not in answer.data
        assert b"aiohttp" not in answer.data
        assert await still_answers(hub)

    @pytest.mark.parametrize(
        "parameter",
        ["charset*", "charset*=punycode''a", "a=" + 7_000 * '"'],
        ids=["no-value", "extended", "quotes"],
    )
    async def test_of_content_types_in_the_grammar_of_mail_are_refused_soon(
        self, hub: Hub, parameter: str
    ) -> None:
        kind = f"Content-Type: text/plain; {parameter}"
        path = f"/v1/webhooks?agency={COMMUNE}"
        sent = request("POST", path, kind, "Content-Length: 2", body=b"{}")
        with soon(0.4):
            answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status == 415
        assert b"content_type_unsupported" in answer.data

    async def test_of_http_1_0_get_a_whole_answer(self, hub: Hub) -> None:
        sent = request("GET", "/v1/agencies", version="1.0")
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status == 200
        assert b"Server: lienthong" in answer.head
        assert b"chunked" not in answer.head
        assert answer.data.endswith(b"}")

    async def test_of_another_protocol_are_refused(self, hub: Hub) -> None:
        upgrade = ("Upgrade: websocket", "Connection: Upgrade")
        answer = await raw(
            hub, request("GET", "/v1/agencies", *upgrade), by=hub.world.commune
        )

        assert answer.status in {200, 400}
        assert b"101 Switching" not in answer.data


class TestPath:
    @pytest.mark.parametrize(
        "path",
        [
            "/v1/envelopes/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "/v1/envelopes/" + "0" * 25,
            "/v1/envelopes/" + "a" * 26,
            "/v1/envelopes/" + "0" * 26 + "%00",
            "/v1/envelopes/" + "0" * 26 + "/",
            "/v1/envelopes/" + "0" * 26 + "%2Freceipt",
            "/v1/envelopes/" + "0" * 26 + "/attachments/0",
            "/v1/envelopes/" + "0" * 26 + "/attachments/-1",
            "/v1/envelopes/" + "0" * 26 + "/attachments/99999",
            "/v1/envelopes/" + "0" * 26 + "/attachments/%D9%A1",
            "/v1/envelopes/" + "0" * 26 + "/attachments/1%2F..%2F..",
            "//v1/agencies",
            "/v1//agencies",
            "/v1/agencies/%2e%2e",
            "/v1/agencies/..%2f..%2f",
            "/v1/agencies/" + "A" * 36,
            "/v1/\u0300",
            "*",
            "http://other.example/v1/agencies/X",
        ],
    )
    async def test_that_is_odd_leads_nowhere(self, hub: Hub, path: str) -> None:
        answer = await raw(hub, request("GET", path), by=hub.world.commune)

        assert answer.status in {400, 404}
        assert b"Traceback" not in answer.data
        assert b"passwd" not in answer.data

    @pytest.mark.parametrize(
        "method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "CONNECT"]
    )
    @pytest.mark.parametrize(
        "path", ["/v1/envelopes", "/v1/inbox", "/v1/envelopes/" + "0" * 26]
    )
    async def test_with_another_method_is_refused(
        self, hub: Hub, method: str, path: str
    ) -> None:
        sent = request(method, path)
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status in {400, 404, 405}
        assert method == "CONNECT" or answer.status == 405
        assert (b"\r\nAllow: " in answer.head) == (answer.status == 405)
        assert method != "HEAD" or answer.data.endswith(b"\r\n\r\n")


class TestText:
    @pytest.mark.parametrize(
        ("path", "fields"),
        [
            ("/v1/tokens", {HALF: 1}),
            ("/v1/webhooks?agency=H99", {"url": "https://a.vn", "events": [HALF]}),
            (
                "/v1/envelopes/{}/receipts?agency=H99",
                {"state": "processing", "description": HALF},
            ),
            ("/v1/envelopes/{}/recall", {"reason": HALF}),
            ("/v1/signing-tasks", {"code": HALF}),
        ],
        ids=["member", "webhook", "receipt", "recall", "task"],
    )
    async def test_with_half_a_surrogate_pair_is_refused(
        self, hub: Hub, path: str, fields: dict[str, object]
    ) -> None:
        accepted = await hub.world.sent(note(b"x"))
        by = hub.world.commune if path.endswith("recall") else hub.world.province
        answer = await hub.call(
            "POST",
            path.format(accepted.envelope.envelope_id),
            by=by,
            body=json.dumps(fields).encode(),
            headers={"Content-Type": "application/json"},
        )

        assert (answer.status, answer.code) == (400, "request_invalid")


class TestParts:
    @staticmethod
    def multipart(count: int, part: str) -> bytes:
        """Write many parts."""
        whole = "".join(part.format(number) for number in range(count))
        return f"{whole}--b--\r\n".encode()

    @pytest.mark.parametrize(
        "part",
        [
            "--b\r\n\r\n{}\r\n",
            "--b\r\nContent-ID: <{}>\r\n\r\n\r\n",
            "--b\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n",
            "--b\r\n",
        ],
        ids=["bare", "named", "roots", "delimiters"],
    )
    async def test_without_number_are_refused_quickly(
        self, hub: Hub, part: str
    ) -> None:
        body = self.multipart(299_000 // len(part), part)
        kind = 'Content-Type: multipart/related; boundary="b"; type="application/xml"'
        length = f"Content-Length: {len(body)}"
        sent = request("POST", "/v1/envelopes", kind, length, body=body)
        with soon(5):
            answer = await raw(hub, sent, by=hub.world.commune)

        assert 400 <= answer.status < 500
        assert await still_answers(hub)


@pytest.mark.parametrize(
    "header",
    [
        'Content-Type: application/xml; foo="\udcff"',
        "Message-Id: a\udcff",
        "Upload-Reference: /v1/uploads/\udcff",
        "X-Any: \udcc3",
    ],
    ids=["content type", "message id", "upload", "any"],
)
async def test_header_that_is_no_utf8_is_refused_before_anything_is_stored(
    hub: Hub, header: str
) -> None:
    sent = request("POST", "/v1/envelopes", header, "Content-Length: 4", body=b"<a/>")
    answer = await raw(hub, sent, by=hub.world.commune)

    assert answer.status == 422
    assert b"encoding_not_utf8" in answer.data
    assert header.partition(":")[0].encode() in answer.data
    assert await still_answers(hub)
