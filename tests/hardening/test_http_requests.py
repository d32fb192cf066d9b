"""Requests that no honest client sends, on the real listener."""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clients.messages import Message
from exchange.config import LimitSettings
from schemas.edxml.document import Organisation
from tests.support.hub import Hub, running_hub
from tests.support.raw_http import exchange, raw, request
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    make_world,
)

LIMITS = LimitSettings(
    body_bytes=300_000,
    small_body_bytes=10_000,
    concurrent_intakes=3,
    idle_seconds=0.6,
    transfer_seconds=20,
)
MARK = b"NOI-DUNG-RIENG-7391"
XML = "Content-Type: application/xml"


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
        began = time.monotonic()
        slow = trickle(b"GET /v1/agencies HTTP/1.1\r\nHost: hub\r\n", piece)
        answer = await exchange(hub, slow, by=hub.world.commune)

        assert (answer.data, answer.closed) == (b"", True)
        assert time.monotonic() - began < 3
        assert await still_answers(hub)

    async def test_of_a_connection_that_says_nothing_ends_it(self, hub: Hub) -> None:
        began = time.monotonic()
        answer = await exchange(hub, trickle(b"", b""), by=None)

        assert (answer.data, answer.closed) == (b"", True)
        assert time.monotonic() - began < 3

    async def test_of_a_body_that_drips_is_refused(self, hub: Hub) -> None:
        head = request("POST", "/v1/envelopes", XML, "Content-Length: 100000")
        began = time.monotonic()
        slow = trickle(head, b" ", pause=0.1)
        answer = await exchange(hub, slow, by=hub.world.commune)

        assert answer.status == 408
        assert b"request_timeout" in answer.data
        assert time.monotonic() - began < 3

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


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": bytes,
    "identity, gzip": gzip.compress,
}


class TestCompression:
    @pytest.mark.parametrize("coding", COMPRESSIONS)
    @pytest.mark.parametrize("path", ["/v1/envelopes", "/v1/envelopes:preflight"])
    async def test_of_a_message_is_refused(
        self, hub: Hub, path: str, coding: str
    ) -> None:
        message = hub.world.document()
        body = COMPRESSIONS[coding](message.body)
        headers = {"Content-Type": message.content_type, "Content-Encoding": coding}
        answer = await hub.call(
            "POST", path, by=hub.world.commune, body=body, headers=headers
        )

        assert (answer.status, answer.code) == (415, "content_type_unsupported")
        assert answer.json["place"] == "Content-Encoding"

    async def test_of_an_acknowledgement_is_refused(self, hub: Hub) -> None:
        bomb = gzip.compress(bytes(9_000_000))
        answer = await hub.call(
            "POST",
            f"/v1/envelopes/{'0' * 26}/receipts?agency={PROVINCE}",
            by=hub.world.province,
            body=bomb,
            headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        )

        assert answer.code == "content_type_unsupported"

    async def test_that_names_nothing_is_no_compression(self, hub: Hub) -> None:
        message = hub.world.document()
        headers = {
            "Content-Type": message.content_type,
            "Content-Encoding": "Identity",
        }
        answer = await hub.call(
            "POST",
            "/v1/envelopes",
            by=hub.world.commune,
            body=message.body,
            headers=headers,
        )

        assert answer.status == 201


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
        assert method != "HEAD" or answer.data.endswith(b"\r\n\r\n")


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
        began = time.monotonic()
        sent = request("POST", "/v1/envelopes", kind, length, body=body)
        answer = await raw(hub, sent, by=hub.world.commune)

        assert 400 <= answer.status < 500
        assert time.monotonic() - began < 4
        assert await still_answers(hub)


class TestTenants:
    @pytest.mark.parametrize(
        ("method", "what", "body"),
        [
            ("GET", "", None),
            ("GET", "/receipt", None),
            ("GET", "/trace", None),
            ("GET", "/evidence", None),
            ("GET", "/attachments/1", None),
            ("POST", f"/receipts?agency={FAR_COMMUNE}", b'{"state":"done"}'),
        ],
    )
    async def test_stranger_cannot_tell_an_envelope_from_none(
        self, hub: Hub, method: str, what: str, body: bytes | None
    ) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        envelope = sent.headers["Location"].rsplit("/", 1)[1]
        answers = [
            await hub.call(
                method,
                f"/v1/envelopes/{one}{what}",
                by=hub.world.channel,
                body=body,
                headers={"Content-Type": "application/json"} if body else None,
            )
            for one in (envelope, "0" * 26)
        ]
        told = [replace_ids(one.body, envelope) for one in answers]

        assert {one.status for one in answers} == {404}
        assert told[0] == told[1]

    @pytest.mark.parametrize("what", ["/trace", "/evidence"])
    @pytest.mark.parametrize("agency", [PROVINCE, COMMUNE, FAR_COMMUNE, "X99.999"])
    async def test_recipient_asks_for_itself_alone(
        self, hub: Hub, what: str, agency: str
    ) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        path = f"{sent.headers['Location']}{what}?agency={agency}"
        answer = await hub.call("GET", path, by=hub.world.ministry)

        assert (answer.status, answer.code) == (403, "agency_not_acted_for")

    async def test_recipient_sees_its_own_delivery_alone(self, hub: Hub) -> None:
        sent = await hub.post(hub.world.document(), by=hub.world.commune)
        await hub.inbox(f"agency={MINISTRY}&wait=10", by=hub.world.ministry)
        answer = await hub.call(
            "GET", f"{sent.headers['Location']}/trace", by=hub.world.ministry
        )

        assert [one["agency"] for one in answer.json["deliveries"]] == [MINISTRY]
        assert {one["agency"] for one in answer.json["steps"]} <= {MINISTRY, None}

    @pytest.mark.parametrize("agency", ["X99.999", FAR_COMMUNE])
    async def test_unknown_agency_is_refused_like_a_foreign_one(
        self, hub: Hub, agency: str
    ) -> None:
        path = f"/v1/inbox?agency={agency}"
        answer = await hub.call("GET", path, by=hub.world.commune)

        assert (answer.status, answer.code) == (403, "agency_not_acted_for")


def replace_ids(problem: bytes, envelope: str) -> dict[str, object]:
    """Read a problem without what names the request."""
    found = json.loads(problem.replace(envelope.encode(), b"0" * 26))
    return {key: value for key, value in found.items() if key != "instance"}


class TestLeaks:
    @pytest.mark.parametrize(
        "body",
        [
            MARK,
            b"<a>" + MARK,
            b"<edXML>" + MARK + b"</edXML>",
            b"<!DOCTYPE " + MARK + b"><a/>",
            b"<a " + MARK + b"='1'/>",
            b"\xff\xfe" + MARK,
        ],
    )
    async def test_problem_holds_nothing_of_the_body(
        self, hub: Hub, capsys: pytest.CaptureFixture[str], body: bytes
    ) -> None:
        answer = await hub.call(
            "POST",
            "/v1/envelopes",
            by=hub.world.commune,
            body=body,
            headers={"Content-Type": "application/xml"},
        )
        logged = capsys.readouterr()

        assert 400 <= answer.status < 500
        assert MARK not in answer.body
        assert MARK.decode() not in logged.out + logged.err
        assert b"Traceback" not in answer.body


class TestWords:
    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 9_000,
            b'{"a":' * 1_500,
            b'{"state": ' + b"9" * 6_000 + b"}",
            b'{"state": [1]}',
            b'{"state": {"a": 1}}',
            b'{"state": "done", "description": 5}',
            b'{"state": "done", "description": "\\u0000"}',
            b'{"state": "done", "description": "\\ud800"}',
            b'{"state": "done", "description": "' + b"a" * 2_000 + b'"}',
            b"\xff\xfe",
            b"null",
            b"NaN",
        ],
    )
    async def test_of_an_acknowledgement_that_are_odd_are_refused(
        self, hub: Hub, body: bytes
    ) -> None:
        letter = letter_to_the_far_commune(hub)
        sent = await hub.post(letter, by=hub.world.commune)
        await hub.inbox(f"agency={FAR_COMMUNE}&wait=10", by=hub.world.channel)
        answer = await hub.call(
            "POST",
            f"{sent.headers['Location']}/receipts?agency={FAR_COMMUNE}",
            by=hub.world.channel,
            body=body,
            headers={"Content-Type": "application/json"},
        )

        assert (answer.status, answer.code) in {
            (400, "request_invalid"),
            (422, "value_malformed"),
        }

    @pytest.mark.parametrize(
        "query",
        [
            "agency=%00",
            "agency=%ff%fe",
            "agency=" + "A" * 3_000,
            "agency=H99.151&after=-999999999999999",
            "agency=H99.151&after=999999999999999",
            "agency=H99.151&limit=-5",
            "agency=H99.151&limit=999999999999999",
            "agency=H99.151&wait=-5",
            "agency=H99.151&agency=H99",
            "agency[]=H99",
            "agency=H99.151;agency=H99",
        ],
    )
    async def test_of_a_query_that_are_odd_never_fail_the_hub(
        self, hub: Hub, query: str
    ) -> None:
        sent = request("GET", f"/v1/inbox?{query}")
        answer = await raw(hub, sent, by=hub.world.commune)

        assert answer.status in {200, 400, 403}


def letter_to_the_far_commune(hub: Hub) -> Message:
    """Write a letter to the commune whose system does not sign."""
    far = (Organisation(organ_id=FAR_COMMUNE),)
    return hub.world.document(recipients=far)
